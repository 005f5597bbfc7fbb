import type { Verdict } from 'countersign/verify'
import { exitCodeOf } from './exit-code.ts'
import { writeForkProof } from './fork-proof.ts'
import { settingFor } from './page.ts'
import { Progress } from './progress.ts'
import { verdictPage } from './verdict-page.ts'
import type { VerifyArguments } from './verify-arguments.ts'
import { verifyFile } from './verify-file.ts'
import { requireNew } from './written-file.ts'

/** The verdict as the one document that `--json` prints. */
const verdictJson = (verdict: Verdict, exitCode: number): string =>
  `${JSON.stringify({ schema: 'countersign/verdict/v1', exitCode, ...verdict }, null, 2)}\n`

/** Verifies, prints the page or the document, and gives the exit code. */
export async function verifyCommand(asked: Extract<VerifyArguments, { trail: string }>): Promise<number> {
  if (asked.forkProof !== undefined) await requireNew(asked.forkProof)
  const progress = new Progress(process.stderr)
  let verdict: Verdict
  try {
    verdict = await verifyFile(asked.trail, { ...asked, onProgress: (read, total) => progress.update(read, total) })
  } finally {
    progress.done()
  }
  const exitCode = exitCodeOf(verdict, asked)
  if (asked.forkProof !== undefined) await writeForkProof(asked.forkProof, verdict)
  // Set before anything is printed: whoever stops reading (`| head`) must not change the verdict.
  process.exitCode = exitCode
  const page = () =>
    verdictPage(
      verdict,
      {
        file: asked.trail,
        keys: asked.keys.length,
        snapshot: asked.snapshot !== undefined,
      },
      exitCode,
      settingFor(process.stdout),
    )
  process.stdout.write(asked.json ? verdictJson(verdict, exitCode) : page())
  return exitCode
}
