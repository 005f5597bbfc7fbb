import { Sim } from './fuzz.ts'
const s = new Sim(); console.log(JSON.stringify(s.take('ada','found',{ origin: 'trail.example/scenario', format: 'countersign/trail/v1', administrators: [{person:'ada',name:'ada',accounts:['ada']},{person:'otto',name:'otto',accounts:['otto']}]})))
