/** Who is signed in. The accounts stand here because there is no server: never do this in a real shop. */
import { later } from "./later.js";
import { shelf } from "./shelf.js";

const accounts = {
  alice: { password: "lighthouse", name: "Alice" },
  bob: { password: "breakwater", name: "Bob" },
  carol: { password: "foghorn", name: "Carol", locked: true },
};

/** `{ user, name }`, or nothing. */
export const signedIn = () => shelf.read("session");

/** Keeps the session, or throws an error whose message is for the visitor. */
export async function signIn(user, password) {
  await later(400);
  const account = accounts[user];
  if (!account || account.password !== password) throw new Error("User or password is wrong.");
  if (account.locked) throw new Error("This account is locked. Please call the harbour office.");
  shelf.write("session", { user, name: account.name });
}

export const signOut = () => shelf.drop("session");
