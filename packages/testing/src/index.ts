export { historyControls, people, policies, requirements } from './arbitraries.ts'
export {
  baseline,
  type FixturePolicy,
  f0,
  f0Tested,
  fixtureForm,
  fixturePeople,
  fixturePolicy,
  normalFlow,
  submitK,
} from './fixture.ts'
export { type History, histories, type Move } from './history.ts'
export { type Played, play, type Step, settingOf, type Watch } from './play.ts'
export { administrators, content, Scenario, type Setting } from './scenario.ts'
