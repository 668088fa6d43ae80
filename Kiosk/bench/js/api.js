// The bench's own API: one state, polled, and one POST a device.

const DEADLINE = 5000; // milliseconds

export async function state() {
  const answer = await fetch("/api/state", { cache: "no-store", signal: AbortSignal.timeout(DEADLINE) });
  if (!answer.ok) throw new Error(`the bench answered ${answer.status}`);
  return answer.json();
}

/** Resolves to null, or to what went wrong in words. The custom header keeps other origins out. */
export async function post(device, body) {
  try {
    const answer = await fetch(`/api/${device}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Bench": "1" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE),
    });
    return answer.ok ? null : `${device}: the bench answered ${answer.status}`;
  } catch {
    return `${device}: the bench does not answer`;
  }
}
