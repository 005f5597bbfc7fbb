import type { WitnessEvaluation, WitnessedNode } from '@countersign/trail'
import { terminalText } from '../shell/terminal-text.ts'
import { moment } from './page.ts'

type WitnessNode = Extract<WitnessedNode, { kind: 'witness' }>

/** What became of the witnesses of a policy, a line each, the groups with their members beneath them. */
export function witnessLines({ quorum, witnesses }: WitnessEvaluation): string[] {
  const needed = quorum === undefined ? [] : nodeLines(quorum, 0)
  const told = new Set(quorum === undefined ? [] : namesIn(quorum))
  // One that is not asked for has a say all the same.
  const more = witnesses.filter(one => !told.has(one.name) && one.status !== 'missing')
  return [
    ...(quorum === undefined ? ['The policy asks for no witness.'] : needed),
    ...more.map(one => `${witnessLine(one)}, which the quorum does not ask for`),
  ]
}

function nodeLines(node: WitnessedNode, depth: number): string[] {
  const indent = '  '.repeat(depth)
  if (node.kind === 'witness') return [`${indent}${mark(node.satisfied)} ${witnessLine(node)}`]
  const { name, met, threshold, members, satisfied } = node
  const line = `${indent}${mark(satisfied)} ${terminalText(name)}: ${met} of the ${threshold} that it asks for, among ${members.length}`
  return [line, ...members.flatMap(one => nodeLines(one, depth + 1))]
}

const mark = (satisfied: boolean) => (satisfied ? '✓' : '·')

function witnessLine({ name, key, status, time }: WitnessNode): string {
  const who = `${terminalText(name)} (${terminalText(key)})`
  const at = time === undefined ? '' : timeOf(time)
  switch (status) {
    case 'cosigned':
      return `${who} has seen it, at ${at}`
    case 'missing':
      return `${who} has not cosigned it`
    case 'in the future':
      return `${who} says that it saw it at ${at}, which is yet to come, so it does not count`
    case 'bad signature':
      return `${who}: a signature that does not hold`
    default:
      return status satisfies never
  }
}

const namesIn = (node: WitnessedNode): string[] => [
  node.name,
  ...(node.kind === 'group' ? node.members.flatMap(namesIn) : []),
]

/** Seconds since 1970 for a person. They may lie beyond what has a date. */
export function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? `second ${seconds}` : moment(date.toISOString())
}
