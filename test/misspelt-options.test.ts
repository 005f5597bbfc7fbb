import { exitCodeOf, makeBundle, publishTrail, signTrail, verifyBundleFile, verifyFile } from '@countersign/cli'
import { baseline, f0, fixturePolicy, Scenario } from '@countersign/testing'
import { linesOf } from '@countersign/testing/tamper'
import { timestampRequest, verifyTimestamp } from '@countersign/timestamp'
import { Integrity, openCheckpoint } from '@countersign/trail'
import { verifyBundle } from 'countersign/bundle'
import { Metrics } from 'countersign/metrics'
import { lint } from 'countersign/policy'
import { Population, SampleSheet } from 'countersign/sheet'
import {
  bytesVerdict,
  Families,
  joinShares,
  ShareVerifier,
  shareOptions,
  TrailVerifier,
  verifyTrail,
} from 'countersign/verify'
import { describe, expect, it } from 'vitest'
import { bundleOf } from './bundle/bundled.ts'

const scenario = await f0()
const bundle = bundleOf(await linesOf(scenario.store), 'K')
const report = new Integrity().finish()
const sharing = new Families().sharing(1)

describe('an option that is misspelt', () => {
  it.each<[string, string, (options: never) => unknown, object]>([
    ['verifyTrail', 'the verifier', options => verifyTrail([], options), { chekpoints: [] }],
    ['Integrity', 'Integrity', options => new Integrity(options), { size: [] }],
    ['TrailVerifier', 'the verifier', options => new TrailVerifier(options), { kyes: [] }],
    ['TrailVerifier, of what it forgets', 'TrailVerifier', options => new TrailVerifier({}, options), { shairing: {} }],
    ['shareOptions', 'the verifier', options => shareOptions(options), { checkpoint: [] }],
    ['joinShares', 'the verifier', options => joinShares(report, [], options), { requireAnchor: true }],
    ['bytesVerdict', 'the verifier', options => bytesVerdict(report, undefined, options), { maxFinding: 1 }],
    ['ShareVerifier', 'ShareVerifier', options => new ShareVerifier(sharing, 0, options), { size: [] }],
    ['Families', 'Families', options => new Families(0, options), { alon: true }],
    ['verifyBundle', 'verifyBundle', options => verifyBundle(bundle, options), { kyes: [] }],
    ['verifyFile', 'verifyFile', options => verifyFile('none', options), { checkpoint: [] }],
    ['verifyBundleFile', 'verifyBundleFile', options => verifyBundleFile('none', options), { policies: [] }],
    [
      'exitCodeOf',
      'exitCodeOf',
      options => exitCodeOf({ status: 'sound', anchoredSize: 0 }, options),
      { requireAnchr: 1 },
    ],
    ['makeBundle', 'makeBundle', options => makeBundle(options), { key: [] }],
    ['publishTrail', 'publishTrail', options => publishTrail(options), { key: [] }],
    ['signTrail', 'signTrail', options => signTrail(options), { handover: '' }],
    ['Population', 'Population', options => new Population(options), { form: '2030-01-01T00:00Z' }],
    ['openCheckpoint', 'openCheckpoint', options => openCheckpoint('', options), { orign: 'trail.example' }],
    ['verifyTimestamp', 'verifyTimestamp', options => verifyTimestamp(bundle, options), { digst: bundle }],
    ['timestampRequest', 'timestampRequest', options => timestampRequest(bundle, options), { nonse: 1n }],
    ['SampleSheet', 'SampleSheet', options => new SampleSheet('K', options), { ta: '2030-01-01T00:00Z' }],
    ['report', 'report', options => new Metrics().report(options), { tem: 'payments' }],
    ['lint', 'lint', options => lint(fixturePolicy(), options), { peple: {} }],
    ['Scenario.open', 'Scenario.open', options => Scenario.open(options), { peple: {} }],
    ['f0', 'Scenario.open', options => f0(options), { peple: {} }],
    ['fixturePolicy', 'fixturePolicy', options => fixturePolicy(options), { flows: [] }],
    ['submitted', 'submitted', options => scenario.submitted('rita', 'normal', {}, options), { maker: [] }],
    ['when', 'when', options => scenario.when('rita', 'tick', {}, options), { ids: '' }],
  ])('is refused by %s, with the names that there are', async (_, where, call, options) => {
    const [option = ''] = Object.keys(options)
    const error = await Promise.resolve()
      .then(() => call(options as never))
      .catch((cause: unknown) => cause)
    expect(error).toMatchObject({ name: 'CountersignError', code: 'input', facts: { where, option } })
    expect((error as Error).message).toContain(`${where}: there is no option ${option}; those that there are: `)
  })

  it('is none where a setting is for a scenario and for lint', async () => {
    const setting = {
      controls: baseline,
      policies: [fixturePolicy()],
      people: { bob: ['appr'] },
      absent: ['bob'],
      calendars: ['weekends'],
    }
    expect(lint(fixturePolicy(), setting).map(one => one.code)).toContain('role.vacant')
    expect(await Scenario.open(setting)).toBeInstanceOf(Scenario)
  })

  it('is none where it is undefined and rightly spelt', () => {
    const none = { checkpoints: undefined, keys: undefined, since: undefined, now: undefined, maxFindings: undefined }
    expect(verifyTrail([], none as never).codes).toEqual({ 'founding.missing': 1 })
    const { since: _, ...bundled } = none
    expect(verifyBundle(bundle, bundled as never).status).toBe('sound')
    expect(new Population({ from: undefined, until: undefined, team: undefined } as never).report().closes).toBe(0)
  })
})
