/** What the admin pages are, in the order in which they are listed; a page adds its line. */
export const ADMIN_PLACES = [
  {
    path: '/admin/proto-hits',
    name: 'ProtoHITs',
    about: 'What your HITs are like: create, revise, clone and retire them, with what they cost.',
  },
  {
    path: '/admin/assignments',
    name: 'Assignments',
    about: 'Who came and what they handed in: approve or reject it, grant a bonus.',
  },
  { path: '/admin/workers', name: 'Workers', about: 'Their record and their earnings: block and unblock them.' },
  { path: '/admin/hits', name: 'HITs', about: 'What was posted, and what became of it.' },
  { path: '/admin/events', name: 'Events', about: 'The log: everything that happened, and who did it.' },
  { path: '/admin/downloads', name: 'Downloads', about: 'Every table as a file for spreadsheets.' },
  { path: '/admin/keys', name: 'API keys', about: 'What applications come in with: issue and revoke keys.' },
  {
    path: '/admin/operators',
    name: 'Operators',
    about: 'Who may sign in to these pages: add and remove them.',
  },
  { path: '/admin/sign-ins', name: 'Sign-ins', about: 'Who came to the door, and who was turned away.' },
  {
    path: '/admin/projections',
    name: 'Projections',
    about: 'How far what is read has come, and how to make it anew from the log.',
  },
  { path: '/admin/settings', name: 'Settings', about: 'What this node was started with.' },
] as const;

export type AdminPlace = (typeof ADMIN_PLACES)[number]['path'];
