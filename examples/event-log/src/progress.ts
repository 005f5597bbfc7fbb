/** What the bar is drawn on: `process.stderr` is one. */
export interface ProgressOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface Progress {
  /** So many bytes of the file are read; `of` is its size, where it has one. */
  readonly read: (bytes: number, of: number | undefined) => void
  /** So many cases are done, in all. */
  readonly done: (cases: number) => void
  /** Takes the bar away; call it in a `finally`, so that an error message does not share its line. */
  readonly end: () => void
}

/** In milliseconds: how long nothing is shown, how often the bar is redrawn, and how often a plain line is written. */
const quiet = 1000
const redraw = 100
const line = 5000

/**
 * Tells a person how far the reading is: a bar on a terminal, one plain line every five seconds elsewhere, and nothing
 * at all when it takes less than a second. It has no timer of its own: it draws when it is told something.
 *
 * `now` is the clock in milliseconds; only differences count, so `() => performance.now()` does.
 *
 * ```
 * [==============>               ]   47 %  0.5 of 1.1 MB  4,812 cases
 * ```
 */
export function progress(output: ProgressOutput, now: () => number): Progress {
  const terminal = output.isTTY === true
  const start = now()
  let due = start + (terminal ? quiet : line)
  let bytes = 0
  let size: number | undefined
  let cases = 0
  let drawn = false
  let ended = false

  const show = (): void => {
    const at = now()
    if (ended || at < due) return
    due = at + (terminal ? redraw : line)
    drawn = true
    if (terminal) output.write(`${erase}${bar(bytes, size, cases, (output.columns ?? 80) - 1)}`)
    else output.write(`${facts(bytes, size, cases).join(', ')} after ${Math.round((at - start) / 1000)} s\n`)
  }

  return {
    read(soFar, of) {
      bytes = soFar
      size = of
      show()
    },
    done(soFar) {
      cases = soFar
      show()
    },
    end() {
      if (terminal && drawn && !ended) output.write(erase)
      ended = true
    },
  }
}

/** To the beginning of the line, and the line away (ECMA-48: EL with 2). */
const erase = '\r\u001b[2K'

/** A line of at most so many characters: a longer one would wrap, and the next would not erase it. */
function bar(bytes: number, size: number | undefined, cases: number, width: number): string {
  const [first = '', ...others] = facts(bytes, size, cases)
  const text = [size === undefined ? first : first.padStart(5), ...others].join('  ') // '100 %' is the longest
  const cells = Math.min(30, width - text.length - 4)
  if (size === undefined || cells < 5) return text.slice(0, Math.max(0, width))
  const full = Math.floor(share(bytes, size) * cells)
  return `[${`${'='.repeat(full)}>`.slice(0, cells).padEnd(cells)}]  ${text}`
}

function facts(bytes: number, size: number | undefined, cases: number): string[] {
  const counted = `${cases.toLocaleString('en-US')} ${cases === 1 ? 'case' : 'cases'}`
  if (size === undefined) return [`${megabytes(bytes)} MB`, counted]
  return [`${Math.floor(share(bytes, size) * 100)} %`, `${megabytes(bytes)} of ${megabytes(size)} MB`, counted]
}

/** From 0 to 1, also for a file that has grown since, or is empty. */
const share = (bytes: number, size: number): number => (size === 0 ? 1 : Math.min(1, bytes / size))

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1)
