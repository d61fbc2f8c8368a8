/** Who is at the other end of an authenticated link: a replica by the hash of its certificate (lowercase hex), or a client. */
export type LinkParty =
  { readonly kind: 'peer'; readonly peer: string } | { readonly kind: 'client'; readonly client: number };

/** One authenticated connection that carries whole frames in order. */
export interface Link {
  readonly party: LinkParty;
  /** Queues one frame whose payload is the parts one after another (they must not change any more); false when the link is closed or its queue is full (the frame is then gone). */
  send(kind: number, ...parts: readonly Uint8Array[]): boolean;
  close(): void;
}

/** What the owner of links hears. A frame's payload belongs to the receiver. */
export interface LinkEvents {
  opened(link: Link): void;
  frame(link: Link, kind: number, payload: Uint8Array): void;
  closed(link: Link): void;
}

/** All links of one replica: at most one to each peer, and those of its clients. */
export interface Links {
  /** Sends to a peer; false when there is no link now or its queue is full. */
  sendToPeer(peer: string, kind: number, ...parts: readonly Uint8Array[]): boolean;
  /** Sends the same to several peers, as far as there are links to them; the bytes are put together once. */
  sendToPeers(peers: readonly string[], kind: number, ...parts: readonly Uint8Array[]): void;
  peerConnected(peer: string): boolean;
  close(): void;
}
