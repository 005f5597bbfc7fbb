import type { CountersignError } from '@countersign/trail'
import { type Copied, copyTrail } from '../hand-over/copy-trail.ts'
import { lostEnd, passedOnInPart } from '../hand-over/lost-end.ts'
import { count } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import { jsonText } from '../shell/json-text.ts'
import { Progress } from '../shell/progress.ts'
import { endWith } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { terminalText } from '../shell/terminal-text.ts'
import {
  type Address,
  addressOf,
  asInput,
  isOnePlace,
  isSame,
  leftLine,
  type OpenStore,
  openingsLine,
  openStore,
  told,
} from '../source/store-address.ts'

/** Copies a trail from where it lies to somewhere else. */
export async function copy(
  [source = '', target = '']: readonly string[],
  { json }: Options,
  shell: Shell,
): Promise<number> {
  const [from, to] = [addressOf(source), addressOf(target)]
  if (await isSame(from, to)) throw same()
  const copied = await copyBetween(from, to, shell)
  const { size, root } = copied
  const had = copied.from === 0 ? '' : `, ${count(copied.from, 'entry', 'entries')} of which it had before`
  const page = `${terminalText(told(to))} has ${count(size, 'entry', 'entries')} now${had}.\nroot ${root}, as in ${terminalText(told(from))}\n`
  return endWith(shell, json ? `${jsonText(copied)}\n` : page)
}

const same = (): InputError =>
  new InputError('source and target are the same', { hint: 'Name another place for the copy.' })

/**
 * Opens both and copies. What a store complains of is something that the caller can mend; and where the source has lost its end, that
 * is told once all that is there was copied.
 */
export async function copyBetween(from: Address, to: Address, shell: Shell): Promise<Copied> {
  const progress = new Progress(shell.stderr, undefined, {
    atOnce: 1_000,
    told: total => count(total, 'entry', 'entries'),
  })
  const open: (OpenStore & { readonly address: Address })[] = []
  const opened = async (address: Address, mode: 'read' | 'write') => {
    const one = await openStore(address, mode).catch(error => {
      throw asInput(error, address)
    })
    open.push({ ...one, address })
    shell.stderr.write(leftLine(address, one))
    return { ...one, address }
  }
  let copied: Copied
  let loss: CountersignError | undefined
  let notCopied: string
  try {
    const source = await opened(from, 'read')
    const target = await opened(to, 'write')
    if (await isOnePlace(source, target)) throw same()
    loss = await lostEnd(from, source)
    copied = await copyTrail(source, target, (done, total) => progress.update(done, total))
    notCopied = await openingsLine(source)
  } catch (error) {
    // Why it was not copied says more than what comes of it at closing.
    await Promise.allSettled(open.map(one => one.close()))
    throw error
  } finally {
    progress.done()
  }
  const closed = open.map(({ address, close }) =>
    close().catch(error => {
      throw asInput(error, address)
    }),
  )
  await Promise.allSettled(closed)
  await Promise.all(closed)
  shell.stderr.write(notCopied)
  if (loss !== undefined) throw passedOnInPart(from, loss, copied.size)
  return copied
}
