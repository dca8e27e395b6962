// Reads one JSON object a line, calls what its "do" names, and writes what that gives, or the error, as one line.
import { createInterface } from 'node:readline'

export async function answer(handlers) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...question } = JSON.parse(line)
    let result
    try {
      result = (await handlers[name](question)) ?? {}
    } catch (error) {
      result = { error: error.code ?? error.name, message: `${error.message}: ${error.cause?.message ?? ''}` }
    }
    process.stdout.write(JSON.stringify(result) + '\n')
  }
}
