export { baseline, content, f0, f0Tested, fixtureForm, fixturePeople, fixturePolicy, normalFlow, submitK } from './fixture.ts'
export { administrators, Scenario, type Setting } from './scenario.ts'
