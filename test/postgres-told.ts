import { whyNone } from './store/postgres-server.ts'

/** Says at the end of a run, below all that it reports, that it has tried nothing on PostgreSQL, where that is so. */
export default function setup(): () => void {
  return () => {
    const why = whyNone()
    if (why === undefined) return
    process.stdout.write(
      `\nNot tested on PostgreSQL: ${why}. Name a server in PGURL (postgres://user@host/database).\n`,
    )
  }
}
