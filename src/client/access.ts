/** Gives what a door asks for: at first, and again whenever the last one was refused. */
export type Given = string | (() => string | Promise<string>);

/** How a program or a page shows who it is. */
export type Access =
  /** Sent as `Authorization: Bearer <token>`. */
  | { readonly token: Given }
  /** For pages: for the stream of this one execution, as `createStreamTicket` makes it. Sent in the address. */
  | { readonly ticket: Given };

/** What goes with one request. */
export interface Shown {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

/** Keeps what was given until it is refused. */
export class ShownAccess {
  readonly #access: Access | undefined;
  #current: Promise<string> | undefined;
  #isRenewed = false;

  constructor(access: Access | undefined) {
    this.#access = access;
  }

  /** What is shown now. Throws what the function throws that gives it. */
  async show(): Promise<Shown> {
    if (this.#access === undefined) return { headers: {}, query: {} };
    this.#current ??= this.#ask(this.#access);
    const current = await this.#current;
    return 'token' in this.#access
      ? { headers: { authorization: `Bearer ${current}` }, query: {} }
      : { headers: {}, query: { ticket: current } };
  }

  /** It opened. */
  opened(): void {
    this.#isRenewed = false;
  }

  /** It was refused. Whether there is another one to be shown: what was just made anew is not made once more. */
  refused(): boolean {
    const access = this.#access;
    if (access === undefined || this.#isRenewed) return false;
    const given = 'token' in access ? access.token : access.ticket;
    if (typeof given === 'string') return false;
    this.#current = undefined;
    this.#isRenewed = true;
    return true;
  }

  async #ask(access: Access): Promise<string> {
    const given = 'token' in access ? access.token : access.ticket;
    try {
      return typeof given === 'string' ? given : await given();
    } catch (error) {
      this.#current = undefined;
      throw error;
    }
  }
}
