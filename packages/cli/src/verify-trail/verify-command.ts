import { requireNew } from '../files/written-file.ts'
import { jsonText } from '../shell/json-text.ts'
import { Progress } from '../shell/progress.ts'
import { endWith, misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { isBundle } from '../source/bundle-mark.ts'
import { addressOf, toldAs } from '../source/store-address.ts'
import { exitCodeOf } from '../verify/exit-code.ts'
import { writeForkProof } from '../verify/fork-proof.ts'
import { unlistedIn } from '../verify/unlisted.ts'
import { type FileVerdict, verifyFile } from '../verify/verify-file.ts'
import type { VerifyArguments } from './verify-arguments.ts'

/** The verdict as the one document that `--json` prints. */
const verdictJson = (verdict: FileVerdict, exitCode: number): string =>
  `${jsonText({ schema: 'countersign/verdict/v1', exitCode, ...verdict, unlisted: unlistedIn(verdict) }, 2)}\n`

/** Verifies, prints the page or the document, and gives the exit code. */
export async function verifyCommand(asked: Extract<VerifyArguments, { trail: string }>, shell: Shell): Promise<number> {
  if (asked.bundle || (await isBundle(asked.trail)))
    return (await import('./verify-bundle-command.ts')).verifyBundleCommand(asked, shell)
  // A bundle has a checkpoint of its own that could have been stamped.
  if (asked.timestamps.length > 0 && asked.checkpoints.length === 0)
    throw misuse('verify-trail', 'what is the time stamp of? Give the checkpoint with --checkpoint')
  if (asked.forkProof !== undefined) await requireNew(asked.forkProof)
  const { trail, bundle: _, forkProof, requireAnchor, json, ...options } = asked
  const progress = new Progress(shell.stderr)
  let verdict: FileVerdict
  try {
    verdict = await verifyFile(trail, { ...options, onProgress: (read, total) => progress.update(read, total) })
  } finally {
    progress.done()
  }
  const exitCode = exitCodeOf(verdict, { requireAnchor })
  const isProven = forkProof !== undefined && (await writeForkProof(forkProof, verdict, shell))
  const page = async () => {
    // Loaded when the reading is over, so that it takes the memory that the reading leaves.
    const [{ settingFor }, { isAnotherFile, verdictPage }] = await Promise.all([
      import('../pages/page.ts'),
      import('../pages/verdict-page.ts'),
    ])
    const taken = isAnotherFile(verdict) ? await takenFor(trail) : undefined
    return verdictPage(
      verdict,
      {
        file: toldAs(trail),
        place: addressOf(trail).kind === 'file' ? 'file' : 'store',
        taken,
        keys: asked.keys.length,
        snapshot: asked.snapshot !== undefined,
        openings: asked.openings !== undefined,
        forkProof: isProven,
        schedules: verdict.schedules,
      },
      exitCode,
      settingFor(shell.stdout, shell.env),
    )
  }
  return endWith(shell, json ? verdictJson(verdict, exitCode) : await page(), exitCode)
}

/** What the file is that was named as a trail; nothing where it lies in no file. */
async function takenFor(trail: string) {
  const [{ trailFile }, { takenForTrail }] = await Promise.all([
    import('../source/trail-file.ts'),
    import('../source/taken-for-trail.ts'),
  ])
  const file = await trailFile(trail).catch(() => undefined)
  return file === undefined ? undefined : takenForTrail(file)
}
