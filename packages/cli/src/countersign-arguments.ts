import { parseArgs } from 'node:util'
import { misuse } from './run.ts'

interface Common {
  readonly trail: string
  readonly json: boolean
}

/** What `countersign` was asked to do. */
export type CountersignArguments =
  | { readonly show: 'help' | 'version' }
  | (Common & { readonly show: 'explain'; readonly change: string; readonly at?: string })
  | (Common & { readonly show: 'log'; readonly change?: string })
  | (Common & { readonly show: 'metrics'; readonly team?: string; readonly from?: string; readonly until?: string })
  | (Common & { readonly show: 'obligations'; readonly team?: string; readonly at?: string })
  | (Common & { readonly show: 'board'; readonly team?: string; readonly at?: string })

export const countersignHelp = `countersign <command> <trail> [options]

Reads a trail and shows what is in it. It never writes, and takes no lock. It does not verify: verify-trail does.

  countersign explain <trail> <change>   where a change stands: what is met, what is missing, who can do it
      --at INSTANT                       as it stood then (2026-03-02T10:00Z); else as it stands now
  countersign log <trail>                what happened: who, in what capacity, what, and what came of it
      --change ID                        only this change
  countersign board <trail>              the changes of each team in columns
      --team TEAM                        only this team
      --at INSTANT                       as it stood then; else as it stands now

  countersign obligations <trail>        what is owed on changes that took effect first: by when, and who can do it
      --team TEAM                        only this team's
      --at INSTANT                       as it stood then; else as it stands now
  countersign metrics <trail>            how changes flow: times, waiting, lateness, refusals, cumulative flow
      --team TEAM                        only this team; else each, and all together
      --from, --until INSTANT            in this interval; else from the first entry to the last

  <trail>     a trail.jsonl file, or the folder that holds one
  --json      for machines: one JSON document; for log one on each line
  --version   the version
  --help      this page

Exit codes: 0 shown · 2 called in a wrong way, or something that is not there or cannot be read
`

const commands = ['explain', 'log', 'board', 'obligations', 'metrics'] as const

/** Reads the command line. Throws `InputError` where it is called in a wrong way. */
export function countersignArguments(argv: string[]): CountersignArguments {
  const { values, positionals } = parse(argv)
  if (values.help) return { show: 'help' }
  if (values.version) return { show: 'version' }
  const [name, trail, change, ...more] = positionals
  const show = commands.find(one => one === name)
  if (name === undefined) throw misuse('countersign', `what to show? One of ${commands.join(', ')}`)
  if (show === undefined)
    throw misuse('countersign', `there is no command ${name}: it is one of ${commands.join(', ')}`)
  if (trail === undefined) throw misuse('countersign', `${show} which trail? Name a trail.jsonl file or its folder`)
  const extra = show === 'explain' ? more : [...(change === undefined ? [] : [change]), ...more]
  if (extra.length > 0) throw misuse('countersign', `${show} takes nothing more: ${extra.join(' ')}`)
  const { at, team, from, until } = values
  const only = (option: string, given: unknown, by: readonly string[]) => {
    if (given !== undefined && !by.includes(show)) throw misuse('countersign', `${show} has no option --${option}`)
  }
  only('change', values.change, ['log'])
  only('team', team, ['board', 'obligations', 'metrics'])
  only('at', at, ['explain', 'board', 'obligations'])
  only('from', from, ['metrics'])
  only('until', until, ['metrics'])
  const common = { trail, json: values.json ?? false }
  const when = at === undefined ? {} : { at }
  switch (show) {
    case 'explain':
      if (change === undefined) throw misuse('countersign', 'explain which change? Name it after the trail')
      return { ...common, ...when, show, change }
    case 'log':
      return { ...common, show, ...(values.change === undefined ? {} : { change: values.change }) }
    case 'board':
      return { ...common, ...when, show, ...(team === undefined ? {} : { team }) }
    case 'obligations':
      return { ...common, ...when, show, ...(team === undefined ? {} : { team }) }
    case 'metrics':
      return {
        ...common,
        show,
        ...(team === undefined ? {} : { team }),
        ...(from === undefined ? {} : { from }),
        ...(until === undefined ? {} : { until }),
      }
    default:
      return show satisfies never
  }
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        at: { type: 'string' },
        change: { type: 'string' },
        team: { type: 'string' },
        from: { type: 'string' },
        until: { type: 'string' },
        json: { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw misuse('countersign', (error as Error).message.split('. ')[0] ?? '')
  }
}
