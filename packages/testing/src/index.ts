export { historyControls, people, policies, requirements } from './arbitraries.ts'
export {
  baseline,
  f0,
  f0Tested,
  fixtureForm,
  fixturePeople,
  fixturePolicy,
  normalFlow,
  submitK,
} from './fixture.ts'
export { type History, histories, type Move, type Played, play, type Step, settingOf, type Watch } from './history.ts'
export { administrators, content, Scenario, type Setting } from './scenario.ts'
