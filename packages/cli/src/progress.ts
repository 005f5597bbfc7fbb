import { grouped } from './number.ts'

const quietFor = 1_000
const between = 100
const width = 30

/** What a progress bar draws on: `process.stderr`. */
export interface ProgressStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** A bar on a terminal for what takes longer than a second. Where there is no terminal it does nothing. */
export class Progress {
  readonly #stream: ProgressStream
  readonly #clock: () => number
  readonly #amount: (total: number) => string
  readonly #began: number
  #drawn = 0

  /** `amount` tells in words what a total comes to: mebibytes of bytes unless told otherwise. */
  constructor(
    stream: ProgressStream,
    clock: () => number = () => performance.now(),
    amount: (total: number) => string = mebibytes,
  ) {
    this.#stream = stream
    this.#clock = clock
    this.#amount = amount
    this.#began = clock()
  }

  update(read: number, total: number): void {
    const now = this.#clock()
    if (this.#stream.isTTY !== true || now - this.#began < quietFor || now - this.#drawn < between) return
    this.#drawn = now
    const share = total === 0 ? 1 : read / total
    const full = Math.round(share * width)
    const bar = '█'.repeat(full) + '░'.repeat(width - full)
    const text = `${bar} ${Math.floor(share * 100)} % of ${this.#amount(total)}`
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

const mebibytes = (bytes: number) => `${grouped(Math.max(1, Math.round(bytes / (1 << 20))))} MiB`
