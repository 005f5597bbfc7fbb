import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { styleText } from 'node:util'
import { openFileStore } from '@countersign/store-file'
import { CountersignError, formatVerifierKey, signCheckpoint, signerKey, verifierKeyOf } from '@countersign/trail'
import { files, makeFolder } from './folder.ts'
import { changeOneByte, forgeApproval } from './forge.ts'
import { hanging, heading, type Page, type Paint, wrap } from './page.ts'
import { origin } from './people.ts'
import { play, storyOf } from './run.ts'
import { tellControls, tellQuestions, tellRefusals, tellTeams } from './tell.ts'
import { verifyTrail } from './verify.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Something that verify-trail is asked to judge, and the exit code that it must end with. */
interface Trial {
  readonly told: string
  readonly args: string[]
  readonly expected: number
  /** How the parts of its page begin that are left out here; whatever else it says is shown. */
  readonly leftOut: readonly string[]
}

/** A page without some of its parts, and without blank lines. A part begins with a line that is not indented. */
function without(leftOut: readonly string[], output: string): string[] {
  let shows = true
  return output.split('\n').filter(line => {
    if (/^\S/.test(line)) shows = !leftOut.some(start => line.startsWith(start))
    return shows && line.trim() !== ''
  })
}

/** A line of somebody else's page, broken where it is too wide: what follows hangs below its last column. */
function fitted(line: string, width: number): string[] {
  if (line.length <= width) return [line]
  const [, first = '', text = ''] = /^(\s*(?:\S+(?: \S+)* {2,})?)(.*)$/.exec(line) ?? []
  return hanging(text, width, first)
}

/** How a demo is told: where its files lie, what they are called on the page, and how something is said there. */
const telling = (folder: string, print: (line: string) => void) => ({
  say: (lines: readonly string[]) => {
    for (const line of lines) print(line)
  },
  path: (name: string) => join(folder, name),
  shown: (name: string) => relative(process.cwd(), join(folder, name)) || '.',
})

/** Plays the story onto a trail in the folder, tells it, and has the trail and two tampered copies verified. */
export async function demo(folder: string, page: Page, print: (line: string) => void): Promise<number> {
  await tellStory(folder, page, print)
  return tellTrials(folder, page, print)
}

/** Plays the story onto a trail in the folder, with a checkpoint and its key beside it, and tells it. */
export async function tellStory(folder: string, page: Page, print: (line: string) => void): Promise<void> {
  const { say, path, shown } = telling(folder, print)
  await makeFolder(folder)

  // A real trail's signing key lives for years, far from the trail, in the hands of somebody who does not write it. This
  // one signs a single checkpoint of a story that is told anew on every start, so its seed never leaves this process and
  // is gone when the process ends: nobody, we included, can sign a second history of this demo.
  const signer = signerKey(origin, randomBytes(32))
  const vkey = formatVerifierKey(verifierKeyOf(signer))

  const store = await openFileStore(folder)
  try {
    const { desk, played } = await play(store, storyOf(vkey))
    const { size, root: rootHash } = await desk.head()
    await writeFile(path(files.checkpoint), signCheckpoint({ origin, size, root: rootHash }, signer))
    await writeFile(path(files.vkey), `${vkey}\n`)
    say(tellControls(page))
    say(tellTeams(desk, page))
    say(tellQuestions(desk, played, page))
    say(tellRefusals(played, page))
    say(heading('The trail', page))
    say(
      wrap(
        `The tickets, the people and their roles, the controls and the policies are ${size} lines of JSON, each with the hash of the line before it:`,
        page.width,
      ),
    )
    const left = [
      [files.trail, 'the trail'],
      [files.checkpoint, 'its length and a hash over all of it, signed'],
      [files.vkey, 'the public key to check that signature'],
    ] as const
    const widest = Math.max(...left.map(([name]) => shown(name).length))
    for (const [name, what] of left) say(hanging(what, page.width, `  ${shown(name).padEnd(widest)}  `))
  } finally {
    await store.close()
  }
}

/** Has the trail in the folder and two tampered copies verified, and tells what is said of them. */
async function tellTrials(folder: string, page: Page, print: (line: string) => void): Promise<number> {
  const { say, path, shown } = telling(folder, print)
  const trail = await readFile(path(files.trail))
  const changed = changeOneByte(trail)
  const forged = forgeApproval(trail)
  await writeFile(path(files.changed), changed.bytes)
  await writeFile(path(files.forged), forged.bytes)

  const anchored = ['--checkpoint', shown(files.checkpoint), '--key', shown(files.vkey)]
  const trials: Trial[] = [
    {
      told: 'The trail as it was written, held against the checkpoint',
      args: [shown(files.trail), ...anchored],
      expected: 0,
      leftOut: ['Numbers', 'What holds the trail', 'exit code'],
    },
    {
      told: `A copy with one byte changed: in entry ${changed.seq} the 240,000 euros of FIN-111 became 940,000`,
      args: [shown(files.changed), ...anchored],
      expected: 1,
      leftOut: ['What was checked', 'Numbers', 'Findings', 'What holds the trail', 'exit code'],
    },
    {
      told: `A copy with a forged approval: entry ${forged.seq} says that noor's approval of FIN-104 was accepted, and every hash was made anew. No checkpoint is given, as it would give the forgery away at once`,
      args: [shown(files.forged)],
      expected: 3,
      leftOut: ['What was checked', 'Numbers', 'What holds the trail', 'exit code'],
    },
  ]
  say(heading('What verify-trail says of it', page))
  say(wrap('Excerpts; the whole page comes with: npx -y pnpm@12 verify-trail, and what stands after it.', page.width))
  let asExpected = true
  for (const { told, args, expected, leftOut } of trials) {
    const { code, output } = await verifyTrail(...args)
    say(['', ...wrap(`${told}.`, page.width).map(line => page.paint('bold', line))])
    say(hanging(args.join(' '), page.width, 'verify-trail ').map(line => page.paint('dim', line)))
    say(without(leftOut, output).flatMap(line => fitted(line, page.width)))
    const ended = code === undefined ? 'no verdict' : `exit code ${code}`
    const wrong = code === expected ? '' : `, where ${expected} was expected`
    print(page.paint(wrong === '' ? 'green' : 'red', `${ended}${wrong}`))
    asExpected &&= wrong === ''
  }
  return asExpected ? 0 : 1
}

/** A fault of the place, not of the program: it is told in a sentence, without a stack. */
const told = (error: unknown, folder: string): string | undefined => {
  if (error instanceof CountersignError && (error.code.startsWith('store.') || error.code === 'input'))
    return error.message
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    return `The demo keeps its trail in ${folder}, and cannot: ${error.message}. Make that place writable for this account, and start again.`
  }
  return undefined
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  // styleText leaves colour out where standard output is no terminal and where NO_COLOR is set.
  const paint: Paint = (format, text) => styleText(format, text, { stream: process.stdout })
  const folder = join(root, '.countersign', 'demo')
  const width = Math.min(120, Math.max(80, process.stdout.columns ?? 100))
  try {
    process.exitCode = await demo(folder, { width, paint }, line => console.log(line))
  } catch (error) {
    const message = told(error, folder)
    if (message === undefined) throw error
    console.error(message)
    process.exitCode = 2
  }
}
