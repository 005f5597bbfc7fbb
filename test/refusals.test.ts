import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { f0Tested } from '@countersign/testing'
import { describeHindrance, describeRefusal, type Hindrance, type Refusal, refusalCodes } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refuse } from '../packages/countersign/src/decision/refusal.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const sumOf = (text: string) => text.split('').reduce((sum, one) => sum + one.charCodeAt(0), 0)

/** Facts of which each is any of some values, whatever it is called. */
const anything = (values: readonly unknown[]) =>
  new Proxy({}, { get: (_, fact) => values[sumOf(String(fact)) % values.length] })

/** What somebody may have written in the place of facts. */
const written = fc
  .array(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined), fc.array(fc.constantFrom(null, 'x', 1, {}))), {
    minLength: 1,
    maxLength: 7,
  })
  .map(anything)

/** Writes one refusal a line into a file, and tells of which of them the compiler says that its types are wrong. */
function refusing(...refusals: readonly string[]): number[] {
  const folder = mkdtempSync(join(root, 'test', '.types-'))
  try {
    const lines = [
      `import { refuse } from '../../packages/countersign/src/decision/refusal.ts'`,
      ...refusals.map(one => `refuse(${one})`),
    ]
    writeFileSync(join(folder, 'refusing.ts'), lines.join('\n'))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../tsconfig.json', files: ['refusing.ts'], include: [] }),
    )
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { encoding: 'utf8' })
    const found = [...stdout.matchAll(/^(.*)\((\d+),\d+\): error/gm)]
    expect(found.filter(([, file = '']) => !file.endsWith('refusing.ts'))).toEqual([])
    return found.map(([, , line]) => Number(line) - 1)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('a refusal', () => {
  test('is told whatever its facts are, as anybody may have written them into a trail', () => {
    const told = fc.property(fc.constantFrom(...refusalCodes), written, (code, facts) => {
      for (const refusal of [
        { code, facts },
        { code: 'directory.difference', facts: { index: 0, command: 'grantRole', refusal: { code, facts } } },
      ]) {
        for (const command of [undefined, 'migrate']) {
          const { because, help } = describeRefusal(refusal as Refusal, command)
          expect([typeof because, help === '']).toEqual(['string', false])
        }
      }
    })
    fc.assert(told, { numRuns: 5_000 })
  })

  test('of a batch is told where what it holds is no refusal', () => {
    for (const refusal of [undefined, null, 7, [], {}, { code: 'toString', facts: {} }, { code: 'x' }, { code: 3 }]) {
      const outer = { code: 'directory.difference', facts: { index: 1, command: 'grantRole', refusal } }
      expect(describeRefusal(outer as unknown as Refusal).because).toMatch(/^difference 1 \(grantRole\) is refused: /)
    }
  })

  test.each([
    [
      refuse('duty.second-person', { person: 'mia', what: 'grantRole' }),
      'mia cannot grant a role alone: it takes a second person',
    ],
    [
      refuse('name.unknown', { what: 'item', name: 'log', stage: 'verify', near: '' }),
      'there is no item at verify log',
    ],
    [
      refuse('name.unknown', { what: 'dependent change', name: 'E', change: 'K', near: '' }),
      'there is no change that depends on K E',
    ],
    [
      refuse('name.taken', { what: 'exclusion', name: 'maker, tester', team: 't' }),
      'the exclusion of maker, tester in t is there already',
    ],
    [
      refuse('name.taken', { what: 'excluded role', name: 'appr' }),
      'an exclusion needs two different roles, and appr alone was named',
    ],
    [
      refuse('nothing-to-do', { person: 'mia', state: 'controller', bot: 'ci' }),
      'mia is the one who answers for ci already',
    ],
    [
      refuse('nothing-to-do', { person: 'mia', state: 'without role', role: 'appr', team: 't' }),
      'mia is without appr in t already',
    ],
    [refuse('nothing-to-do', { what: 'K', state: 'redacted', fields: ['iban'] }), 'K (iban) is redacted already'],
    [
      refuse('nothing-to-do', { what: 'K', state: 'in category', category: 'normal' }),
      'K is of the category normal already',
    ],
    [refuse('erasure.impossible', { person: 'mia', problem: 'not left' }), 'mia cannot be erased: they have not left'],
    [refuse('person.erased', { person: 'mia' }), 'mia was erased, and can neither return nor have another account'],
    [
      refuse('key.unfit', { key: 'k', problem: 'retired' }),
      'k cannot be the key of the trail: it was the key of the trail before',
    ],
    [
      refuse('carry.parent', { parent: 'P', problem: 'too deep', length: 17, most: 16 }),
      'P: it depends on 17 changes in a row, and 16 is the most',
    ],
    [
      refuse('remedy.unfit', { change: 'K', remedy: 'R', problem: 'not completed', state: 'agree' }),
      'R is at agree, and not completed, so it is no remedy of K',
    ],
    [
      refuse('template.unusable', { template: 'restart', version: 1, why: 'other category', category: 'urgent' }),
      'the template restart, version 1, cannot be used: it is one of urgent',
    ],
    [
      refuse('policy.no-rule', { stages: [], before: null }),
      'no approval rule applies to this form before the end, as no approval stands before it, and no rule means no',
    ],
    [
      refuse('approval.already-given', { person: 'mia', template: 'restart' }),
      'mia has given theirs already, on the template restart',
    ],
    [
      refuse('name.unknown', { what: 'controls in force', name: 'sox', near: '' }),
      'no controls are in force, and the policy is to comply with sox',
    ],
    [refuse('priority.twice', { team: 't', change: 'K' }), 'the order names K twice'],
  ])('whose facts are kinds has words for them: %#', ({ refused }, because) => {
    expect(describeRefusal(refused).because).toBe(because)
  })

  test.each<[Hindrance, string]>([
    [{ why: 'conflict', how: 'made content', duties: ['make', 'approve'], clause: 'CM-1' }, 'mia made content (CM-1)'],
    [{ why: 'conflict', how: 'requested', duties: ['request', 'approve'] }, 'mia requested (request/approve)'],
    [{ why: 'given', duty: 'approve', stage: 'peer' }, 'mia approved already (peer)'],
    [{ why: 'given', duty: 'test', stage: 'verify' }, 'mia signed off already (verify)'],
    [{ why: 'granted-by-participant', by: 'ada' }, 'mia was given the role by ada, who takes part in the change'],
    [{ why: 'absent' }, 'mia is absent'],
    [
      { why: 'own-request', person: 'rita', duties: ['request', 'make'] },
      'mia may not put into effect what rita asked for and made (request/make)',
    ],
    [{ why: 'freeze' }, 'mia opened the way round the freeze'],
    [{ why: 'veto' }, 'mia lifted a veto, which would stand again'],
    [{ why: 'favour', stage: 'peer' }, 'mia did somebody a favour by which peer is met'],
    [{ why: 'no-place' }, 'mia could take none of the places that are open'],
  ])('has words for what keeps somebody from acting, which it records as data: %#', (why, words) => {
    const facts = { change: 'K', state: 'go', release: 'go', stages: [], person: 'mia', why }
    expect(`mia ${describeHindrance(why)}`).toBe(words)
    expect(describeRefusal(refuse('requirement.unmet', facts).refused).because).toContain(`${words}, so not everything`)
  })

  test('has the facts of its code, and no others: whoever spells one wrong, takes that of another code or leaves one out is told so', () => {
    const wrong = [
      "'make.unknown', { chnage: 'K' }",
      "'make.unknown', { change: 'K', stage: 'build' }",
      "'limit.owner', { change: 'K' }",
    ]
    expect(refusing("'make.unknown', { change: 'K' }")).toEqual([])
    expect(refusing(...wrong)).toEqual([1, 2, 3])
  })

  test('that is asked for its code has the facts of it', async () => {
    const scenario = await f0Tested()
    const receipt = await scenario.when('alice', 'approve', { change: 'K' })
    if (receipt.outcome === 'accepted' || receipt.refusal.code !== 'duty.conflict') throw new Error('no conflict')
    const { duties, person, able }: { duties: readonly string[]; person: string; able: readonly string[] } =
      receipt.refusal.facts
    expect([duties, person, able]).toEqual([['make', 'approve'], 'alice', ['bob', 'carol', 'dan']])
    // @ts-expect-error: no fact of a conflict
    expect(receipt.refusal.facts.problems).toBeUndefined()
  })
})
