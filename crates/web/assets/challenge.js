// Solves proof-of-work challenges of forms. As a page's script it asks for a challenge, lets workers solve it, redeems
// it, and puts the token into the form. The same file is the script of the workers. Nothing in it needs a secure context.
"use strict";

const FIRST = 0x6a09e667;
const INITIAL = [FIRST, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

// The round constants of SHA-256: the fractional parts of the cube roots of the first 64 primes.
const ROUND = (() => {
  const primes = [];
  for (let number = 2; primes.length < 64; number += 1) {
    if (primes.every((prime) => number % prime)) primes.push(number);
  }
  // In integers: the cube root of prime * 2^96 is that of the prime, times 2^32.
  const root = (prime) => {
    const target = BigInt(prime) << 96n;
    let low = 0n, high = 1n << 36n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** 3n > target) high = middle; else low = middle;
    }
    return Number(BigInt.asIntN(32, low));
  };
  return Int32Array.from(primes, root);
})();

// Pseudo-random hexadecimal digits: xorshift32, seeded with the FNV-1a hash of a text.
const hexDigits = (seed, length) => {
  let state = 0x811c9dc5;
  for (let index = 0; index < seed.length; index += 1) state = Math.imul(state ^ seed.charCodeAt(index), 0x01000193);
  let digits = "";
  while (digits.length < length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    digits += (state >>> 0).toString(16).padStart(8, "0");
  }
  return digits.slice(0, length);
};

// The ASCII codes of 4 characters as one word.
const word = (text) => (text.charCodeAt(0) << 24) | (text.charCodeAt(1) << 16) | (text.charCodeAt(2) << 8) | text.charCodeAt(3);

const rotate = (value, bits) => (value >>> bits) | (value << (32 - bits));

// Runs the rounds from `from` to `to` on the state, in place.
const rounds = (state, schedule, from, to) => {
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let round = from; round < to; round += 1) {
    const one = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[round] + schedule[round]) | 0;
    const two = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  state[0] = a; state[1] = b; state[2] = c; state[3] = d; state[4] = e; state[5] = f; state[6] = g; state[7] = h;
};

// Finds a number of 8 digits for which the SHA-256 of salt and number begins with the target. A salt has 32 characters,
// which are the first 8 words of the only block: their rounds are the same for every number.
const solve = (token, number, size) => {
  const salt = hexDigits(`${token}${number}`, size.s), target = hexDigits(`${token}${number}d`, size.d);
  const shift = 32 - 4 * target.length, wanted = parseInt(target, 16);
  const schedule = new Int32Array(64), start = Int32Array.from(INITIAL), state = new Int32Array(8);
  for (let index = 0; index < 8; index += 1) schedule[index] = word(salt.slice(4 * index, 4 * index + 4));
  rounds(start, schedule, 0, 8);
  schedule[10] = 0x80000000 | 0;
  schedule[15] = 40 * 8;
  for (let high = 1000; high < 10000; high += 1) {
    schedule[8] = word(String(high));
    for (let low = 0; low < 10000; low += 1) {
      const thousands = (low / 1000) | 0, hundreds = ((low / 100) | 0) % 10, tens = ((low / 10) | 0) % 10;
      schedule[9] = 0x30303030 | (thousands << 24) | (hundreds << 16) | (tens << 8) | (low % 10);
      for (let index = 16; index < 64; index += 1) {
        const w15 = schedule[index - 15], w2 = schedule[index - 2];
        schedule[index] = schedule[index - 16] + (rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3)) + schedule[index - 7]
          + (rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10));
      }
      state.set(start);
      rounds(state, schedule, 8, 64);
      if (((state[0] + FIRST) >>> shift) === wanted) return high * 10000 + low;
    }
  }
  throw new RangeError("no solution");
};

// The worker's half: one number in, its solution out.
if (typeof document === "undefined") {
  self.onmessage = ({ data: { token, number, size } }) => self.postMessage(solve(token, number, size));
} else {
  const source = document.currentScript.src;
  const endpoint = (call) => new URL(`../captcha/${call}`, source);

  const post = async (call, body) => {
    const json = body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(endpoint(call), { method: "POST", ...json });
    if (!response.ok) throw new Error(`${call}: ${response.status}`);
    return response.json();
  };

  // A solver in a worker, or in this thread with a pause after each number if the browser has no workers.
  const solver = () => {
    let worker;
    try { worker = new Worker(source); } catch { /* below */ }
    if (!worker) {
      return {
        run: async (...task) => { await new Promise((resume) => { setTimeout(resume); }); return solve(...task); },
        stop: () => {},
      };
    }
    return {
      run: (token, number, size) => new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = reject;
        worker.postMessage({ token, number, size });
      }),
      stop: () => worker.terminate(),
    };
  };

  const MAX_SOLVERS = 8;

  const solveAll = async ({ token, challenge: size }, report) => {
    const solutions = new Array(size.c);
    let next = 0, done = 0;
    const solvers = Array.from({ length: Math.min(navigator.hardwareConcurrency || 2, MAX_SOLVERS, size.c) }, solver);
    try {
      await Promise.all(solvers.map(async ({ run }) => {
        while (next < size.c) {
          const index = next;
          next += 1;
          solutions[index] = await run(token, index + 1, size);
          done += 1;
          report(done / size.c);
        }
      }));
    } finally {
      solvers.forEach(({ stop }) => stop());
    }
    return solutions;
  };

  // The challenge that is being solved, or that was solved and is not used yet. All forms of the page share it.
  let current = null;

  const begin = (query) => {
    const started = { part: 0, report: () => {} };
    const report = (part) => { started.part = part; started.report(part); };
    started.token = (async () => {
      const challenge = await post(`challenge${query}`);
      if (challenge.required === false) return { token: "" };
      report(0);
      const solutions = await solveAll(challenge, report);
      return post("redeem", { token: challenge.token, solutions });
    })();
    started.token.then(() => { started.solvedAt = Date.now(); }, () => { if (current === started) current = null; });
    return started;
  };

  // In milliseconds. A token lives for 20 minutes; the clocks of browsers are not relied on.
  const MAX_AGE = 15 * 60000;

  const obtain = (isRequired) => {
    if (Date.now() - current?.solvedAt > MAX_AGE) current = null;
    current ??= begin(isRequired ? "" : "?only_if_required=true");
    return current;
  };

  const statusOf = (form) => form?.querySelector?.("[data-challenge]");
  const isRequired = (form) => statusOf(form)?.dataset.challenge === "required";

  // While the person fills in the form, so that they need not wait.
  document.addEventListener("focusin", ({ target }) => { if (isRequired(target.form)) obtain(true); });

  const send = async (form, submitter) => {
    const status = statusOf(form), progress = form.querySelector("progress"), buttons = form.querySelectorAll("button");
    form.dataset.sending = "yes";
    buttons.forEach((button) => { button.disabled = true; });
    let token;
    try {
      const solved = obtain(isRequired(form));
      solved.report = (part) => {
        progress.value = part;
        progress.hidden = false;
        if (status.textContent !== status.dataset.working) status.textContent = status.dataset.working;
      };
      if (isRequired(form) && solved.solvedAt === undefined) solved.report(solved.part);
      token = (await solved.token).token;
      current = null;
    } catch { /* below */ }
    progress.hidden = true;
    status.textContent = token === undefined ? status.dataset.failed : "";
    buttons.forEach((button) => { button.disabled = false; });
    delete form.dataset.sending;
    if (token === undefined) return;
    form.elements.challenge_token.value = token;
    form.dataset.passes = "yes";
    // Later, because a form cannot be sent while its submit event is still dispatched.
    setTimeout(() => form.requestSubmit(submitter));
  };

  // Before the listener of the other script, which sends the form.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!statusOf(form)) return;
    if (form.dataset.passes) {
      // Later, because the browser reads the fields after this event. A token works once.
      setTimeout(() => { delete form.dataset.passes; form.elements.challenge_token.value = ""; });
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!form.dataset.sending) send(form, event.submitter);
  }, true);
}
