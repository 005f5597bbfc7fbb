#!/usr/bin/env node
import { countersign } from './countersign-line.ts'
import { runProgram } from './run.ts'

await runProgram('countersign', countersign)
