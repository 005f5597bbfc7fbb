import { spawnSync } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { faults } from '@countersign/testing/faults'
import { refusalCodes } from 'countersign'
import { lintCodes } from 'countersign/policy'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isViolation } from '../packages/countersign/src/decision/refusal.ts'
import { templateSchema } from '../packages/countersign/src/governance/template.ts'
import { commandTypes } from '../packages/countersign/src/record/record.ts'
import { call } from './cli/command-line.ts'
import { findingCodes } from './finding-codes.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Writes the blocks of code of a document into a folder in which they run. */
function written(document: string, names: readonly string[]): string {
  const blocks = [...read(document).matchAll(/<!-- run: (\S+) -->\n```ts\n([\s\S]*?)```/g)]
  expect(blocks.map(([, name]) => name)).toEqual(names)
  // Inside the tests' package, where the library's own packages can be found by name.
  const folder = mkdtempSync(join(root, 'test', '.document-'))
  folders.push(folder)
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(root, 'test', 'node_modules', 'zod'), join(folder, 'node_modules', 'zod'))
  for (const [, name = '', code = ''] of blocks) writeFileSync(join(folder, name), code)
  return folder
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** What Node prints when it runs something in a folder, and how it ends. */
function ran(cwd: string, ...argv: string[]): { readonly printed: string; readonly code: number | null } {
  const env = { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined }
  const { stdout, status } = spawnSync(process.execPath, ['--conditions=countersign-src', ...argv], {
    cwd,
    env,
    encoding: 'utf8',
  })
  return { printed: stdout, code: status }
}

/** Tests that a document shows run in the process that is asked to, as one more for each file takes as long again. */
/** Node 22 calls it otherwise. */
const isolation = process.allowedNodeEnvironmentFlags.has('--test-isolation') ? 'test' : 'experimental-test'
const testing = ['--test', `--${isolation}-isolation=none`]

/** The programs of documents: the files of each, and which of them is run. All run in one process, one after the other. */
const programs = [
  ['README.md', ['desk.ts', 'policy.ts', 'set-up.ts'], 'desk.ts'],
  ['docs/how-to/forms.md', ['form.ts'], 'form.ts'],
  ['docs/how-to/outbox.md', ['outbox.ts'], 'outbox.ts'],
  ['docs/reference/refusals.md', ['facts.ts'], 'facts.ts'],
  ['docs/reference/commands.md', ['schedule.ts', 'template.ts'], 'template.ts'],
  ['docs/reference/commands.md', ['schedule.ts', 'template.ts'], 'schedule.ts'],
  ['docs/reference/policy.md', ['board.ts'], 'board.ts'],
] as const

describe('what documents show as programs', () => {
  /** What each of them has printed, in their order. */
  let printed: readonly string[]
  beforeAll(() => {
    const paths = programs.map(([document, names, name]) => join(written(document, names), name))
    const one = ran(root, join(root, 'test/document-programs.ts'), ...paths)
    expect(one.code).toBe(0)
    printed = one.printed.split('\0')
  })

  test.each(programs.map(([document, , name], index) => ({ document, name, index })))(
    '$document: $name runs as it stands and prints what it says',
    ({ document, index }) => {
      expect(printed[index]).toBeTruthy()
      expect(read(document)).toContain(`It prints\n\n\`\`\`text\n${printed[index]}\`\`\``)
    },
  )
})

describe('the documents', () => {
  const documents = globSync('**/*.md', { cwd: root, exclude: ['**/node_modules', '**/dist', '**/.*'] }).map(path =>
    path.split(sep).join('/'),
  )

  /** The text of a document without its blocks of code. */
  const prose = (text: string) => text.replaceAll(/^(`{3,})[^`\n]*\n[\s\S]*?^\1$/gm, '')

  /** The anchors of a text, as GitHub makes them of its headings: one that there is already gets a number. */
  function anchorsOf(text: string): ReadonlySet<string> {
    const anchors = new Set<string>()
    for (const [, heading = ''] of prose(text).matchAll(/^#{1,6} (.*)$/gm)) {
      const words = heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .trim()
        .toLowerCase()
      const anchor = words.replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '').replaceAll(' ', '-')
      let name = anchor
      for (let more = 1; anchors.has(name); more++) name = `${anchor}-${more}`
      anchors.add(name)
    }
    return anchors
  }

  /** Where a document points to within the repository, but for what is there. */
  function missingIn(document: string): string[] {
    const links = [
      ...prose(read(document))
        .replaceAll(/`[^`\n]*`/g, '')
        .matchAll(/\]\((?!\w+:)([^)\s]+)\)|\b(?:src|href)="(?!\w+:)([^"]+)"/g),
    ]
    return links.flatMap(([, link, inTag]) => {
      const [path = '', anchor] = (link ?? inTag ?? '').split('#')
      const target = path === '' ? document : join(dirname(document), path)
      const isThere =
        existsSync(join(root, target)) &&
        (anchor === undefined || !target.endsWith('.md') || anchorsOf(read(target)).has(decodeURIComponent(anchor)))
      return isThere ? [] : [`${document} → ${target}${anchor === undefined ? '' : `#${anchor}`}`]
    })
  }

  test('every file and every heading that a document points to is there', () => {
    for (const folder of ['README.md', 'docs/decisions/', 'docs/how-to/', 'packages/cli/', 'examples/event-log/'])
      expect(documents.filter(document => document.startsWith(folder))).not.toEqual([])
    expect(documents.flatMap(missingIn)).toEqual([])
  })

  test('the anchors of a document are those that GitHub makes', () => {
    const text =
      '# `verify-trail`, in short\n```sh\n# no heading\n```\n## See [a](b.md)\n## Über A & B\n## see A\n## Two_words'
    const anchors = ['verify-trail-in-short', 'see-a', 'über-a--b', 'see-a-1', 'two_words']
    expect([...anchorsOf(text)]).toEqual(anchors)
  })
})

describe('how to write a policy', () => {
  test('its code runs as it stands, its test passes, and lint says of it what the page says', async () => {
    const page = 'docs/how-to/write-a-policy.md'
    const cwd = written(page, ['controls.ts', 'draft.ts', 'policy.ts', 'policy.test.ts'])
    const draft = await call('countersign', ['lint', 'draft.ts'], { cwd })
    expect(draft.code).toBe(3)
    expect(read(page)).toContain(`npx countersign lint draft.ts\n\`\`\`\n\n\`\`\`text\n${draft.out}\`\`\``)
    const tested = ran(cwd, ...testing, 'policy.test.ts')
    expect([tested.code, tested.printed]).toEqual([0, expect.stringMatching(/pass 2\b/)])
    const mended = await call('countersign', ['lint', 'policy.ts', '--controls', 'controls.ts'], { cwd })
    expect(mended.code).toBe(0)
    expect(read(page)).toContain(`--controls controls.ts\n\`\`\`\n\n\`\`\`text\n${mended.out}\`\`\``)
  })
})

describe('how to choose where a trail lies', () => {
  test('its contract for a store of one’s own runs as it stands, and is kept by the store that it is tried on', () => {
    const { code, printed } = ran(
      written('docs/how-to/stores.md', ['my-store.test.ts']),
      ...testing,
      'my-store.test.ts',
    )
    expect([code, printed]).toEqual([0, expect.stringMatching(/pass \d\d\b/)])
  })
})

describe('the reference', () => {
  test('every code of a refusal has its line, which says rightly whether it is recorded', () => {
    const lines = [...read('docs/reference/refusals.md').matchAll(/^\| `([^`]+)` \|.*\| (\w+) \|$/gm)]
    expect(lines.map(([, code]) => code)).toEqual([...refusalCodes])
    for (const [, code, recorded] of lines) {
      expect(`${code} ${recorded === 'yes'}`).toBe(`${code} ${isViolation(code as (typeof refusalCodes)[number])}`)
    }
  })

  test('every code of lint has its line, with its level', () => {
    const lines = [...read('docs/reference/lint.md').matchAll(/^\| `([^`]+)` \| (\w+) \|/gm)]
    expect(lines.length).toBe(lintCodes.length)
    expect(new Set(lines.map(([, code]) => code))).toEqual(new Set(lintCodes))
    const source = read('packages/countersign/src/policy/lint/lint-finding.ts')
    for (const [, code, level] of lines) expect(source).toContain(`'${code}': '${level}'`)
  })

  test('every command has its line', () => {
    const told = [...read('docs/reference/commands.md').matchAll(/^\| `([A-Za-z]+)` \|/gm)].map(([, type]) => type)
    expect(told).toEqual([...commandTypes])
  })

  test('tells every member of a template', () => {
    const told = [...(read('docs/reference/commands.md').split('## A template')[1] ?? '').matchAll(/^- (`.*?): /gm)]
    const members = told.flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
    expect(members.toSorted()).toEqual(Object.keys(templateSchema.shape).toSorted())
  })

  test('every code of a finding has its line, which leads to its page, and every page tells of one', () => {
    const lines = read('docs/reference/findings.md')
    const told = [...lines.matchAll(/\[`([a-z.-]+)`\]\(findings\/([a-z.-]+)\.md\)/g)].map(
      ([, code, page]) => `${code} ${page}`,
    )
    const codes = findingCodes()
    expect(told.toSorted()).toEqual(codes.map(code => `${code} ${code}`).toSorted())
    const pages = readdirSync(join(root, 'docs/reference/findings'))
    expect(pages.toSorted()).toEqual(codes.map(code => `${code}.md`).toSorted())
  })

  test('every page of a finding says of what kind it is, how verify-trail ends, what it means, how it comes about, and what to do', () => {
    const exits = new Map(faults.map(({ code, exit }) => [code as string, exit]))
    for (const code of findingCodes()) {
      const exit = exits.get(code)
      const kind = exit === 3 ? 'decision' : 'integrity'
      const page = read(`docs/reference/findings/${code}.md`)
      expect(page).toContain(`\n\n\`${code}\`, a finding of the kind *${kind}*. Exit status ${exit}: `)
      const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
      expect([code, ...headings]).toEqual([code, 'What it means', 'How it comes about', 'What to do'])
      for (const word of ['*Honestly:* ', '*Dishonestly:* ']) expect([code, page.includes(word)]).toEqual([code, true])
    }
  })
})

describe('the law of approval', () => {
  /** The cases of a rule, as they are told and as they are tested. */
  const told = new Map<string, string[]>()
  let rule = ''
  for (const line of read('docs/reference/law.md').split('\n')) {
    rule = /^### (\d+)\. /.exec(line)?.[1] ?? rule
    const [, sentence] = /^- (.*)$/.exec(line) ?? []
    if (rule !== '' && sentence !== undefined) told.set(rule, [...(told.get(rule) ?? []), sentence])
  }
  const tested = new Map<string, string[]>()
  const title = /\b(?:it|test)\(\s*(['"`])((?:\\.|(?!\1).)*?) \[LAW (\d+)\]\1/gs
  for (const file of readdirSync(join(root, 'test/law')).filter(name => name.endsWith('.test.ts'))) {
    for (const [, , sentence = '', number = ''] of read(`test/law/${file}`).matchAll(title))
      tested.set(number, [...(tested.get(number) ?? []), sentence.replaceAll("\\'", "'")])
  }

  test('tells every case that is tested, and no case that is not', () => {
    for (const [number, cases] of told)
      expect([number, ...cases.toSorted()]).toEqual([number, ...(tested.get(number) ?? []).toSorted()])
  })

  test('has every rule of separation, quorum, binding, delegation, emergencies, freezes, policies, people, the trail and boards, each with two cases and more beside its own', () => {
    const rules =
      '1 2 3 5 6 9 10 11 12 13 14 16 18 19 20 21 22 24 25 26 27 28 29 30 31 33 35 36 37 39 40 41 42 43 44 45 46 47 48 50 52 53 54 56 57 58 59 61 64 65 66 67 70 72 73 74 76 77 78 80 81 82 84 86 87 88 89 90 92 93 95 96 97 98 100 101 102 103 106 107 108 109 111 112 113 114 116 117 118 119 120 121 122 124 125 127 128'
    expect([...told.keys()]).toEqual(rules.split(' '))
    expect([...told].filter(([, cases]) => new Set(cases).size < 3)).toEqual([])
  })
})
