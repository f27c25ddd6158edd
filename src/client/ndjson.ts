/** JSON lines from a body, one by one as they come. */

export async function* readLines<T>(body: ReadableStream<Uint8Array>): AsyncGenerator<T, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T;
      if (!done) continue;
      if (rest.trim() !== '') yield JSON.parse(rest) as T;
      return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
