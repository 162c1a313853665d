import {
  Channel,
  connectivityState,
  type ChannelCredentials,
  type ChannelInterface,
  type ChannelOptions,
} from '@grpc/grpc-js';

/** A channel that stays for so long in a state that is neither connected nor idle is given up. */
const CONNECTED_WITHIN_MS = 5000;

/**
 * A gRPC channel that begins anew where it comes to no connection. grpc-js waits for ever for the first word of a server that has taken its
 * connection, and for up to two minutes before it looks again at one that was away: where the network has lost everything it
 * would not come back by itself. What was asked of a channel that is given up is UNAVAILABLE; whoever retries asks the next one.
 */
export class RenewedChannel implements ChannelInterface {
  readonly #make: () => Channel;
  #current: Channel;

  constructor(address: string, credentials: ChannelCredentials, options: ChannelOptions) {
    // Where connections are shared, one that hangs would be the next channel's, too.
    this.#make = () => new Channel(address, credentials, { ...options, 'grpc.use_local_subchannel_pool': 1 });
    this.#current = this.#make();
    this.#follow(this.#current);
  }

  close(): void {
    this.#current.close();
  }

  getTarget(): string {
    return this.#current.getTarget();
  }

  getConnectivityState(tryToConnect: boolean): connectivityState {
    return this.#current.getConnectivityState(tryToConnect);
  }

  watchConnectivityState(...watch: Parameters<ChannelInterface['watchConnectivityState']>): void {
    this.#current.watchConnectivityState(...watch);
  }

  getChannelzRef(): ReturnType<ChannelInterface['getChannelzRef']> {
    return this.#current.getChannelzRef();
  }

  createCall(...call: Parameters<ChannelInterface['createCall']>): ReturnType<ChannelInterface['createCall']> {
    return this.#current.createCall(...call);
  }

  #follow(channel: Channel): void {
    const state = channel.getConnectivityState(false);
    if (state === connectivityState.SHUTDOWN) return;
    const isWell = state === connectivityState.READY || state === connectivityState.IDLE;
    channel.watchConnectivityState(state, isWell ? Infinity : Date.now() + CONNECTED_WITHIN_MS, (late) => {
      if (late === undefined) this.#follow(channel);
      else this.#renew();
    });
  }

  #renew(): void {
    const given = this.#current;
    this.#current = this.#make();
    this.#follow(this.#current);
    given.close();
  }
}
