// The form of a JWT: its parts, and what is written in them. Nothing here proves anything.
import { fromBase64url, textOf } from "./encoding.js";

export function object(part) {
  const value = JSON.parse(textOf(fromBase64url(part)));
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error("no JSON object");
  return value;
}

const attempt = (part) => {
  if (!part) return { error: "nothing is there" };
  try {
    return { value: object(part) };
  } catch (error) {
    return { error: error instanceof SyntaxError ? "no JSON" : error instanceof TypeError ? "no text in UTF-8" : error.message };
  }
};

// kind is JWS, JWE or "": what the number of parts says. header and claims are { value } or { error }.
export function parse(text) {
  const parts = text.replace(/\s/g, "").split("~")[0].split(".");
  const kind = { 3: "JWS", 5: "JWE" }[parts.length] ?? "";
  return { kind, parts, header: attempt(parts[0]), claims: kind === "JWE" ? {} : attempt(parts[1] ?? "") };
}

// What stands behind the ~ of an SD-JWT: single claims that the holder chose to show.
export const disclosures = (text) =>
  text.replace(/\s/g, "").split("~").slice(1).filter((part) => part && !part.includes(".")).map((part) => {
    try {
      return JSON.parse(textOf(fromBase64url(part)));
    } catch {
      return ["", "", part];
    }
  });

export const date = (seconds) => new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
export const isTime = (name) => ["exp", "iat", "nbf", "auth_time", "updated_at"].includes(name);
