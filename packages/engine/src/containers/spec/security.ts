/** `SecurityOpt` of a container, read. */
import { type HostConfig, invalidParameter } from '@berth/engine-api';

export interface SecurityOptions {
  /** As `seccompFor` takes it. */
  seccomp: string | undefined;
  noNewPrivileges: boolean;
}

/** @throws invalidParameter for an option Docker does not know either */
export function parseSecurityOptions(
  hostConfig: HostConfig,
  defaults: { seccomp?: string | undefined; noNewPrivileges?: boolean | undefined },
): SecurityOptions {
  const options: SecurityOptions = {
    seccomp: hostConfig.Privileged ? 'unconfined' : defaults.seccomp,
    noNewPrivileges: defaults.noNewPrivileges ?? false,
  };
  for (const option of hostConfig.SecurityOpt ?? []) applyOption(options, option);
  return options;
}

function applyOption(options: SecurityOptions, option: string): void {
  if (option === 'no-new-privileges') {
    options.noNewPrivileges = true;
    return;
  }
  const match = /^([a-z-]+)[=:]([\s\S]*)$/.exec(option);
  const [, name, value = ''] = match ?? [];
  switch (name) {
    case 'seccomp':
      options.seccomp = value;
      return;
    case 'no-new-privileges':
      if (value !== 'true' && value !== 'false') {
        throw invalidParameter(`invalid --security-opt 2: "${option}"`);
      }
      options.noNewPrivileges = value === 'true';
      return;
    // Neither module confines anything on a host without it; Docker accepts both there.
    case 'apparmor':
    case 'label':
      return;
    default:
      throw invalidParameter(`invalid --security-opt 2: "${option}"`);
  }
}
