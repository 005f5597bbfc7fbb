import { lostEnd, passedOnInPart } from '../hand-over/lost-end.ts'
import type { Options } from '../shell/command.ts'
import { written } from '../shell/output.ts'
import type { Shell } from '../shell/shell.ts'
import { soundEntries } from '../source/sound-entries.ts'
import { addressOf, asInput, openingsLine, openStore } from '../source/store-address.ts'

const BLOCK = 1 << 18
const NEWLINE = Uint8Array.of(0x0a)

/**
 * Writes a trail to standard output as the lines of a trail file, wherever it lies. It ends with 0 only where all of it was
 * taken: the beginning of a trail looks like a trail.
 */
export async function exportTrail([source = '']: readonly string[], _: Options, shell: Shell): Promise<number> {
  const address = addressOf(source)
  const open = await openStore(address, 'read').catch(error => {
    throw asInput(error, address)
  })
  try {
    const loss = await lostEnd(address, open)
    let lines: Uint8Array[] = []
    let length = 0
    let size = 0
    for await (const { bytes } of soundEntries({ store: open.store, address })) {
      lines.push(bytes, NEWLINE)
      length += bytes.length + 1
      size += 1
      if (length < BLOCK) continue
      await written(shell.stdout, Buffer.concat(lines))
      lines = []
      length = 0
    }
    await written(shell.stdout, Buffer.concat(lines))
    shell.stderr.write(await openingsLine(open))
    if (loss !== undefined) throw passedOnInPart(address, loss, size)
  } finally {
    await open.close()
  }
  return 0
}
