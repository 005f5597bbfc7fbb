/** A function of the database, in PL/pgSQL, which goes by the server's own operators and not by those of the path of a session. */
export interface Routine {
  readonly name: string
  /** Its arguments, as SQL. */
  readonly takes: string
  /** The type of what it returns. */
  readonly gives: string
  readonly body: string
}

/** What makes a function, or makes it what it should be. As SQL. */
export const routineSql = (schema: string, { name, takes, gives, body }: Routine): string =>
  `create or replace function ${schema}.${name}(${takes}) returns ${gives} language plpgsql set search_path = pg_catalog as $$${body}$$`
