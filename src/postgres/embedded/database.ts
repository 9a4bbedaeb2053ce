import pg from 'pg';

/** The user that the service is: it owns its database, and is no superuser, so that its SQL reaches neither files nor a shell. */
export const SERVICE_USER = 'retainer';
const DATABASE = 'retainer';

/**
 * Makes the service's user and its database where they are missing. In a data folder from before there was that user,
 * the database and all that is in it were the superuser's: they become the user's, all or nothing.
 */
export async function ensureDatabase(adminUrl: string, password: string): Promise<void> {
  const owner = await connected(adminUrl, async (client) => {
    await ensureUser(client, password);
    const { rows } = await client.query<{ owner: string }>(
      'select pg_get_userbyid(datdba) as owner from pg_database where datname = $1',
      [DATABASE],
    );
    if (rows.length === 0) await client.query(`create database ${DATABASE} owner ${SERVICE_USER}`);
    return rows[0]?.owner ?? SERVICE_USER;
  });
  if (owner === SERVICE_USER) return;
  const own = new URL(adminUrl);
  own.pathname = `/${DATABASE}`;
  await connected(own.href, (client) => client.query(HAND_OVER));
}

async function ensureUser(client: pg.Client, password: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [SERVICE_USER]);
  if (rowCount === 0)
    await client.query(`create role ${SERVICE_USER} login password ${client.escapeLiteral(password)}`);
}

async function connected<Value>(url: string, work: (client: pg.Client) => Promise<Value>): Promise<Value> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** `reassign owned` refuses the superuser's, for the system is theirs too. One statement, so one transaction; the database last. */
const HAND_OVER = `do $$
declare
  change text;
begin
  for change in
    with ours as (
      select oid, nspname, nspowner from pg_namespace
      where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
    ),
    everywhere as (
      select oid from ours union all select oid from pg_namespace where nspname = 'public'
    )
    select format('alter schema %I owner to ${SERVICE_USER}', nspname) from ours
    union all
    -- what belongs to a column of a table goes with the table
    select format('alter table %s owner to ${SERVICE_USER}', c.oid::regclass) from pg_class c
    where c.relnamespace in (select oid from everywhere) and c.relkind in ('r', 'p', 'v', 'm', 'S')
      and not exists (
        select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i') and d.refobjsubid > 0)
    union all
    select format('alter routine %s owner to ${SERVICE_USER}', oid::regprocedure) from pg_proc
    where pronamespace in (select oid from everywhere)
    union all
    select format('alter type %s owner to ${SERVICE_USER}', t.oid::regtype) from pg_type t
    left join pg_class c on c.oid = t.typrelid
    where t.typnamespace in (select oid from everywhere)
      and (t.typtype in ('d', 'e', 'r') or (t.typtype = 'c' and c.relkind = 'c'))
    union all
    select 'alter database ${DATABASE} owner to ${SERVICE_USER}'
  loop
    execute change;
  end loop;
end $$`;
