import { once } from 'node:events'
import type { Options } from '../commands.ts'
import type { Shell } from '../shell.ts'
import { addressOf, asInput, leftLine, openStore } from '../store-address.ts'

const NEWLINE = Uint8Array.of(0x0a)

/** Writes a trail to standard output as the lines of a trail file, wherever it lies. */
export async function exportTrail([source = '']: readonly string[], _: Options, shell: Shell): Promise<number> {
  try {
    const address = addressOf(source)
    const open = await openStore(address, 'read')
    const { store, close } = open
    try {
      shell.stderr.write(leftLine(address, open))
      for await (const { bytes } of store.read()) {
        shell.stdout.write(bytes)
        if (!shell.stdout.write(NEWLINE)) await once(shell.stdout, 'drain')
      }
    } finally {
      await close()
    }
  } catch (error) {
    throw asInput(error)
  }
  return 0
}
