import type { Options } from '../commands.ts'
import { count } from '../page.ts'
import { Progress } from '../progress.ts'
import { publishTrail } from '../publish.ts'
import { misuse } from '../run.ts'
import type { Shell } from '../shell.ts'
import { readCheckpoint, readKey } from '../supplied.ts'
import { trailFile } from '../trail-file.ts'

/** Publishes a trail as static files, up to a signed checkpoint. */
export async function publish(
  [trail = '', folder = '']: readonly string[],
  { checkpoint, key = [] }: Options,
  shell: Shell,
): Promise<number> {
  if (checkpoint === undefined)
    throw misuse(
      'countersign',
      'publish asks for --checkpoint FILE: the signed checkpoint up to which the trail is published',
    )
  const progress = new Progress(shell.stderr)
  try {
    const { origin, size, since, written } = await publishTrail({
      trail: await trailFile(trail),
      folder,
      checkpoint: await readCheckpoint(checkpoint),
      keys: await Promise.all(key.map(readKey)),
      onProgress: (read, total) => progress.update(read, total),
    })
    shell.stdout.write(
      `${origin}: ${count(size, 'entry', 'entries')} in ${folder}, ${since} of them before; ${count(written, 'file')} written, and the checkpoint.\n`,
    )
  } finally {
    progress.done()
  }
  return 0
}
