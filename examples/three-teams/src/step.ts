import { encodeUtf8, sha256Hex } from '@countersign/trail'
import type { Commands, RefusalCode } from 'countersign'

type CommandType = keyof Commands
type Input<Type extends CommandType> = Partial<Parameters<Commands[Type]>[0]>

/** What the story expects to be refused: with which code, and the attempt in words for the page. */
export interface Attempt {
  readonly code: RefusalCode
  readonly attempt: string
}

/** One command of the story: when (UTC), by which account, what. */
export interface Step {
  readonly at: string
  readonly account: string
  readonly type: CommandType
  readonly command: Readonly<Record<string, unknown>>
  readonly refused?: Attempt
}

/** A step as its author writes it; the year is 2026, and times are UTC: `['03-02 09:30', 'noor', 'submit', {…}]`. */
type Line = {
  [Type in CommandType]: readonly [when: string, account: string, type: Type, command?: Input<Type>, refused?: Attempt]
}[CommandType]

const stepOf = ([when, account, type, command = {}, attempt]: Line, about: Record<string, unknown> = {}): Step => ({
  at: `2026-${when.replace(' ', 'T')}:00.000Z`,
  account,
  type,
  command: { ...about, ...command },
  ...(attempt === undefined ? {} : { refused: attempt }),
})

/** Commands about people and rules. */
export const steps = (...lines: readonly Line[]): Step[] => lines.map(line => stepOf(line))

/** The commands about one ticket. */
export const ticket = (change: string, ...lines: readonly Line[]): Step[] => lines.map(line => stepOf(line, { change }))

/** The step is an attempt that must fail, and so. */
export const fails = (code: RefusalCode, attempt: string): Attempt => ({ code, attempt })

/** A commit, a script or a drawing that lives elsewhere, and the accounts of those who made it. */
export const content = (name: string, ...makers: string[]) => ({ digest: sha256Hex(encodeUtf8(name)), makers })

/** A test that was passed, with the report that shows it. */
export const passed = (report: string) => ({
  result: 'passed' as const,
  evidence: [{ name: report, digest: sha256Hex(encodeUtf8(report)) }],
})
