import { once } from 'node:events'
import type { Options } from '../commands.ts'
import type { Shell } from '../shell.ts'
import { soundEntries } from '../sound-entries.ts'
import { addressOf, asInput, leftLine, openStore } from '../store-address.ts'

const NEWLINE = Uint8Array.of(0x0a)

/** Writes a trail to standard output as the lines of a trail file, wherever it lies. */
export async function exportTrail([source = '']: readonly string[], _: Options, shell: Shell): Promise<number> {
  const address = addressOf(source)
  const open = await openStore(address, 'read').catch(error => {
    throw asInput(error, address)
  })
  try {
    shell.stderr.write(leftLine(address, open))
    for await (const { bytes } of soundEntries({ store: open.store, address })) {
      shell.stdout.write(bytes)
      if (!shell.stdout.write(NEWLINE)) await once(shell.stdout, 'drain')
    }
  } finally {
    await open.close()
  }
  return 0
}
