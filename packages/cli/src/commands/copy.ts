import type { Options } from '../command.ts'
import { type Copied, copyTrail } from '../copy-trail.ts'
import { InputError } from '../input-error.ts'
import { jsonText } from '../json-text.ts'
import { count } from '../page.ts'
import { Progress } from '../progress.ts'
import { endWith } from '../run.ts'
import type { Shell } from '../shell.ts'
import {
  type Address,
  addressOf,
  asInput,
  isSame,
  leftLine,
  type OpenStore,
  openStore,
  told,
} from '../store-address.ts'
import { terminalText } from '../terminal-text.ts'

/** Copies a trail from where it lies to somewhere else. */
export async function copy(
  [source = '', target = '']: readonly string[],
  { json }: Options,
  shell: Shell,
): Promise<number> {
  const [from, to] = [addressOf(source), addressOf(target)]
  if (await isSame(from, to))
    throw new InputError('source and target are the same', { hint: 'Name another place for the copy.' })
  const copied = await copyBetween(from, to, shell)
  const { size, root } = copied
  const had = copied.from === 0 ? '' : `, ${count(copied.from, 'entry', 'entries')} of which it had before`
  const page = `${terminalText(told(to))} has ${count(size, 'entry', 'entries')} now${had}.\nroot ${root}, as in ${terminalText(told(from))}\n`
  return endWith(shell, json ? `${jsonText(copied)}\n` : page)
}

/** Opens both and copies. What a store complains of is something that the caller can mend. */
export async function copyBetween(from: Address, to: Address, shell: Shell): Promise<Copied> {
  const progress = new Progress(shell.stderr, undefined, {
    atOnce: 1_000,
    told: total => count(total, 'entry', 'entries'),
  })
  const open: OpenStore[] = []
  const opened = async (address: Address, mode: 'read' | 'write') => {
    const one = await openStore(address, mode).catch(error => {
      throw asInput(error, address)
    })
    open.push(one)
    shell.stderr.write(leftLine(address, one))
    return { store: one.store, address }
  }
  try {
    const source = await opened(from, 'read')
    return await copyTrail(source, await opened(to, 'write'), (done, total) => progress.update(done, total))
  } finally {
    progress.done()
    await Promise.allSettled(open.map(one => one.close()))
  }
}
