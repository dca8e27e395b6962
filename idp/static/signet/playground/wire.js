// One HTTP exchange of the protocol, as it went over the wire. No cookie goes along: only what an app would send.
export async function send({ method = "GET", url, headers = {}, form }) {
  const response = await fetch(url, {
    method,
    headers,
    body: form && new URLSearchParams(form),
    credentials: "omit",
    cache: "no-store",
  });
  const body = await response.text();
  return {
    request: { method, url, headers, form },
    response: { status: response.status, reason: response.statusText, headers: [...response.headers], body },
  };
}

export const json = (exchange) => {
  try {
    return JSON.parse(exchange.response.body);
  } catch {
    return {};
  }
};

export const header = (exchange, name) => exchange.response.headers.find(([one]) => one === name)?.[1] ?? "";
