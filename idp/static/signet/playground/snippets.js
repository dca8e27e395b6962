// The same request as a program would send it: plain HTTP, curl, Python, JavaScript.
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const quoted = (value) => JSON.stringify(value);
const indented = (object) =>
  `{\n${Object.entries(object).map(([name, value]) => `    ${quoted(name)}: ${quoted(value)},`).join("\n")}\n}`;

function http({ method, url, headers, form }) {
  const { host, pathname, search } = new URL(url);
  const body = form ? new URLSearchParams(form).toString() : "";
  const type = form ? { "Content-Type": "application/x-www-form-urlencoded" } : {};
  const lines = Object.entries({ Host: host, ...type, ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${pathname}${search} HTTP/1.1`, ...lines, ...(body ? ["", body.replaceAll("&", "\n&")] : [])].join("\n");
}

function curl({ method, url, headers, form }) {
  const parts = [`curl -i ${shell(url)}`];
  if (method !== "GET" && !form) parts.push(`-X ${method}`);
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${shell(`${name}: ${value}`)}`);
  for (const [name, value] of Object.entries(form ?? {})) parts.push(`--data-urlencode ${shell(`${name}=${value}`)}`);
  return parts.join(" \\\n  ");
}

function python({ method, url, headers, form }) {
  const options = [];
  if (Object.keys(headers).length) options.push(`headers=${indented(headers)}`);
  if (form) options.push(`data=${indented(form)}`);
  const call = [quoted(url), ...options, "timeout=10"].join(", ");
  return `import requests\n\nresponse = requests.${method.toLowerCase()}(${call})\nprint(response.status_code, response.text)`;
}

function javascript({ method, url, headers, form }) {
  const options = [];
  if (method !== "GET") options.push(`method: ${quoted(method)}`);
  if (Object.keys(headers).length) options.push(`headers: ${indented(headers)}`);
  if (form) options.push(`body: new URLSearchParams(${indented(form)})`);
  const call = options.length ? `${quoted(url)}, { ${options.join(", ")} }` : quoted(url);
  return `const response = await fetch(${call})\nconsole.log(response.status, await response.text())`;
}

export const LANGUAGES = { HTTP: http, curl, Python: python, JavaScript: javascript };
