/** Lines of a body, one by one as they come: JSON lines, and server-sent events whose data is JSON on one line. */

/** JSON lines. */
export async function* readLines<T>(body: ReadableStream<Uint8Array>): AsyncGenerator<T, void, undefined> {
  for await (const line of linesOf(body)) if (line.trim() !== '') yield JSON.parse(line) as T;
}

/** What events hold. */
export async function* readEvents<T>(body: ReadableStream<Uint8Array>): AsyncGenerator<T, void, undefined> {
  for await (const line of linesOf(body)) if (line.startsWith('data:')) yield JSON.parse(line.slice('data:'.length)) as T;
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      if (!done) continue;
      yield rest;
      return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
