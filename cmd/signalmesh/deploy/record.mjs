// A Record is the account of one client: which of the publisher's numbered messages
// it received, and how long it was away.
//
// sentAt(n) returns when the publisher sent message n, and now() the time, both in
// milliseconds of the same clock.
export class Record {
  #sentAt;
  #now;
  #last = 0; // the highest number received
  #since = -Infinity; // when the connection began; Infinity while there is none
  #left; // when the last connection ended
  #fresh = true; // nothing was received since the last connection ended
  #missing = new Set();

  constructor(sentAt, now) {
    this.#sentAt = sentAt;
    this.#now = now;
    this.begin();
  }

  // begin starts the account anew. The connection and the last number stay.
  begin() {
    this.away = []; // milliseconds, for each time that the client reconnected
    this.missedWhileConnected = 0;
    this.duplicates = 0;
    this.disordered = 0;
    this.#missing.clear();
  }

  // take accounts for the arrival of message n. Numbers that are skipped are missed.
  // They are missed while connected if the client had no reason to miss them: it did
  // not reconnect in between, or they were sent after it had reconnected.
  take(n) {
    if (n <= this.#last) {
      if (this.#missing.delete(n)) this.disordered++;
      else this.duplicates++;
      return;
    }
    for (let missing = this.#last + 1; this.#last > 0 && missing < n; missing++) {
      this.#missing.add(missing);
      if (!this.#fresh || this.#sentAt(missing) > this.#since) this.missedWhileConnected++;
    }
    this.#last = n;
    this.#fresh = false;
  }

  // reconnecting notes that the connection ended, and reconnected that there is
  // another one. Messages may arrive before reconnected is called.
  reconnecting() {
    this.#left = this.#now();
    this.#since = Infinity;
    this.#fresh = true;
  }

  reconnected() {
    this.#since = this.#now();
    this.away.push(this.#since - this.#left);
  }

  closed(err) { this.end = String(err ?? 'closed by the server'); }

  // upTo reports whether the client is connected and has received message n.
  upTo(n) { return this.connected && this.#last >= n; }

  get connected() { return this.#since < Infinity && !this.end; }

  get missed() { return this.#missing.size; }
}
