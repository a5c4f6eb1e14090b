/** What the engine asks of the volume store. */
export interface Volume {
  name: string;
  driver: 'local';
  /** Host path of the data: `<data-root>/volumes/<name>/_data`. */
  mountpoint: string;
  createdAt: Date;
  labels: Record<string, string>;
  options: Record<string, string>;
  /** Made without a name, by a container. */
  anonymous: boolean;
}

export interface Volumes {
  list(): Promise<Volume[]>;
  /** @throws notFound "get x: no such volume" */
  get(name: string): Promise<Volume>;
  /** Returns the existing one when the name is taken with the same driver. Without a name a random 64-hex one. */
  create(request: {
    name?: string;
    driver?: string;
    labels?: Record<string, string>;
    options?: Record<string, string>;
  }): Promise<Volume>;
  /** @throws conflict when `usedBy` names a container and force is off. */
  remove(name: string, options: { force: boolean; usedBy: (name: string) => string[] }): Promise<void>;
  prune(options: {
    anonymousOnly: boolean;
    inUse: (name: string) => boolean;
    labels?: (labels: Record<string, string>) => boolean;
  }): Promise<{ deleted: string[]; reclaimedBytes: number }>;
  /** Bytes used by the volume's files. */
  size(name: string): Promise<number>;
  /**
   * Fills an empty volume with the files at `path` of an image's root (overlay `lower`, topmost first),
   * ownership and modes kept; does nothing when the volume has files or the path does not exist.
   * Never follows a link out of the image.
   */
  populate(name: string, source: { lower: readonly string[]; path: string }): Promise<void>;
}
