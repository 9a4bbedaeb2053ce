import { Hono } from 'hono';
import { Table } from '../table.tsx';
import type { AdminGuard, AdminVisit } from './guard.ts';
import { AdminPage } from './layout.tsx';

/** A setting in effect, as somebody may look at it: what is secret is hidden. */
export type ShownSetting = {
  readonly variable: string;
  readonly value: string;
  readonly origin: string;
  readonly about: string;
};

/** `/admin/settings`: what this node was started with. */
export function settingsRoutes({ settings, guard }: { settings: readonly ShownSetting[]; guard: AdminGuard }): Hono {
  const routes = new Hono({ strict: false });
  routes.get(
    '/admin/settings',
    guard((c, visit) => c.html(<SettingsPage visit={visit} settings={settings} />)),
  );
  return routes;
}

const SettingsPage = ({ visit, settings }: { visit: AdminVisit; settings: readonly ShownSetting[] }) => (
  <AdminPage title="Settings" at="/admin/settings" visit={visit}>
    <p class="quiet">
      In effect on this node since it was started. They are variables of its environment, or lines of a file{' '}
      <code>.env</code>; a change takes a restart.
    </p>
    <Table
      caption="Settings"
      none="There is none."
      rows={settings}
      columns={[
        { name: 'Setting', cell: ({ variable }) => <code>{variable}</code> },
        { name: 'Value', cell: ({ value }) => (value === '' ? <span class="quiet">none</span> : <code>{value}</code>) },
        {
          name: 'From',
          cell: ({ origin }) => <span class={origin === 'default' ? 'quiet' : undefined}>{origin}</span>,
        },
        { name: 'What for', cell: ({ about }) => about },
      ]}
    />
  </AdminPage>
);
