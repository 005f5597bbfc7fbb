import { grouped } from './number.ts'

const quietFor = 1_000
const between = 100
const width = 30

/** What a progress bar draws on: `process.stderr`. */
interface ProgressStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** What a progress bar shows a share of. */
export interface Amount {
  /** What is done at once, so that no bar is needed: a second may have gone by before it was begun. */
  readonly atOnce: number
  /** Tells in words what a total comes to. */
  readonly told: (total: number) => string
}

/** A bar on a terminal for what takes longer than a second. Where there is no terminal it does nothing. */
export class Progress {
  readonly #stream: ProgressStream
  readonly #clock: () => number
  readonly #amount: Amount
  readonly #began: number
  #drawn = 0

  /** `amount` is one of bytes unless told otherwise. */
  constructor(stream: ProgressStream, clock: () => number = () => performance.now(), amount: Amount = ofBytes) {
    this.#stream = stream
    this.#clock = clock
    this.#amount = amount
    this.#began = clock()
  }

  update(read: number, total: number): void {
    if (total <= this.#amount.atOnce) return
    const now = this.#clock()
    if (this.#stream.isTTY !== true || now - this.#began < quietFor || now - this.#drawn < between) return
    this.#drawn = now
    const share = read / total
    const full = Math.round(share * width)
    const bar = '█'.repeat(full) + '░'.repeat(width - full)
    const text = `${bar} ${Math.floor(share * 100)} % of ${this.#amount.told(total)}`
    this.#stream.write(`\r${text}${leftOf(now - this.#began, share)}\u001b[K`)
  }

  /** Takes the bar away. */
  done(): void {
    if (this.#drawn > 0) this.#stream.write('\r\u001b[K')
    this.#drawn = 0
  }
}

/** How long the rest will take if it goes on as it went. What has not come to one per cent tells nothing of that yet. */
function leftOf(passed: number, share: number): string {
  if (share < 0.01) return ''
  const left = (passed * (1 - share)) / share / 1_000
  return left < 1 ? ', a moment left' : `, ${Math.ceil(left)} s left`
}

const mebibyte = 1 << 20

const ofBytes: Amount = {
  atOnce: mebibyte,
  told: bytes => {
    const tenths = Math.round((10 * bytes) / mebibyte)
    return `${tenths < 100 ? tenths / 10 : grouped(Math.round(tenths / 10))} MiB`
  },
}
