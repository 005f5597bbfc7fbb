export {
  type History,
  histories,
  historyControls,
  type Move,
  type Played,
  people,
  play,
  policies,
  requirements,
  type Step,
  settingOf,
  type Watch,
} from './arbitraries.ts'
export {
  baseline,
  content,
  f0,
  f0Tested,
  fixtureForm,
  fixturePeople,
  fixturePolicy,
  normalFlow,
  submitK,
} from './fixture.ts'
export { administrators, Scenario, type Setting } from './scenario.ts'
