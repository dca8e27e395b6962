// Calls the functions of a module that a page of docs/apps prints.
// node documented.mjs FILE
import { pathToFileURL } from 'node:url'
import { answer } from './answers.mjs'

const printed = await import(pathToFileURL(process.argv[2]))

await answer({ call: async ({ name, given }) => ({ result: await printed[name](...given) }) })
