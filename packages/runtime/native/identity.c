/* Limits and privileges of the process. Their order comes from the program. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "protocol.h"

struct capability_sets {
	uint64_t effective, permitted, inheritable;
};

static void get_capabilities(struct capability_sets *sets)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		fail_errno(errno, "read capabilities");
	sets->effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	sets->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	sets->inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
}

static void put_capabilities(const struct capability_sets *sets)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)sets->effective, (uint32_t)sets->permitted, (uint32_t)sets->inheritable },
		{ (uint32_t)(sets->effective >> 32), (uint32_t)(sets->permitted >> 32), (uint32_t)(sets->inheritable >> 32) },
	};

	if (syscall(SYS_capset, &header, data) < 0)
		fail_errno(errno, "set capabilities");
}

/* Without CAP_SYS_RESOURCE a hard limit cannot be raised: the allowed maximum is the best that can be had. */
void set_rlimit(struct reader *r)
{
	int resource = (int)read_u32(r);
	struct rlimit wanted, allowed;

	wanted.rlim_cur = read_u64(r);
	wanted.rlim_max = read_u64(r);
	if (setrlimit(resource, &wanted) == 0)
		return;
	if (errno != EPERM || getrlimit(resource, &allowed) < 0)
		fail_errno(errno, "error setting rlimit %d", resource);
	if (wanted.rlim_max > allowed.rlim_max)
		wanted.rlim_max = allowed.rlim_max;
	if (wanted.rlim_cur > wanted.rlim_max)
		wanted.rlim_cur = wanted.rlim_max;
	if (setrlimit(resource, &wanted) < 0)
		fail_errno(errno, "error setting rlimit %d", resource);
	warn("rlimit %d: berthd may not raise it above %llu", resource, (unsigned long long)wanted.rlim_max);
}

void set_oom_score(struct reader *r)
{
	const char *score = read_string(r);
	int error = write_file(AT_FDCWD, "/proc/self/oom_score_adj", score, strlen(score), 0);

	if (error == -EACCES)
		warn("oom_score_adj %s: berthd may not lower it (no CAP_SYS_RESOURCE)", score);
	else if (error < 0)
		fail_errno(-error, "set oom_score_adj to %s", score);
}

void drop_bounding(struct reader *r)
{
	uint64_t keep = read_u64(r);
	uint32_t last = read_u32(r), capability;

	for (capability = 0; capability <= last && capability < 64; capability++) {
		if (!(keep >> capability & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			fail_errno(errno, "drop capability %u", capability);
	}
}

/* So that a user who is not root can open /dev/stdout again; /dev/null and other things shared with the host stay. */
static void own_stdio(void)
{
	int fd;

	for (fd = 0; fd < 3; fd++) {
		struct stat status;

		if (fstat(fd, &status) < 0)
			fail_errno(errno, "look at standard stream %d", fd);
		if (status.st_uid == child.identity.uid || (S_ISCHR(status.st_mode) && child.pty < 0))
			continue;
		if (fchown(fd, child.identity.uid, (gid_t)-1) < 0 && errno != EPERM && errno != EROFS)
			fail_errno(errno, "set the owner of standard stream %d", fd);
	}
}

/* Keeps all capabilities effective over the switch; OP_CAPABILITIES takes them away later. */
void switch_identity(void)
{
	const struct identity *identity = &child.identity;
	struct capability_sets sets;

	if (identity->uid != 0)
		own_stdio();
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		fail_errno(errno, "keep capabilities");
	if (setgroups(identity->group_count, identity->groups) < 0)
		fail_errno(errno, "setgroups");
	if (setresgid(identity->gid, identity->gid, identity->gid) < 0)
		fail_errno(errno, "setgid %u", identity->gid);
	if (setresuid(identity->uid, identity->uid, identity->uid) < 0)
		fail_errno(errno, "setuid %u", identity->uid);
	if (identity->uid == 0)
		return;
	get_capabilities(&sets);
	sets.effective = sets.permitted;
	put_capabilities(&sets);
}

static void raise_ambient(uint64_t ambient)
{
	int capability;

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		fail_errno(errno, "clear ambient capabilities");
	for (capability = 0; capability < 64; capability++) {
		if (ambient >> capability & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			fail_errno(errno, "raise ambient capability %d", capability);
	}
}

/* berthd itself may lack a capability (a container in a container); then nobody below it can have it. */
void set_capabilities(struct reader *r)
{
	uint64_t effective = read_u64(r), permitted = read_u64(r), inheritable = read_u64(r), ambient = read_u64(r);
	struct capability_sets have, sets;

	get_capabilities(&have);
	sets.permitted = permitted & have.permitted;
	sets.effective = effective & sets.permitted;
	sets.inheritable = inheritable & have.permitted;
	put_capabilities(&sets);
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		fail_errno(errno, "clear keepcaps");
	raise_ambient(ambient & sets.permitted & sets.inheritable);
}

void install_seccomp(struct reader *r)
{
	unsigned int flags = read_u32(r);
	size_t length;
	const uint8_t *filter = read_bytes(r, &length);
	struct sock_filter instructions[BPF_MAXINSNS];
	struct sock_fprog program = { .filter = instructions };

	if (!filter || length == 0 || length % sizeof(struct sock_filter) || length > sizeof(instructions))
		fail(EXIT_SETUP, EINVAL, "seccomp filter of %zu bytes", length);
	memcpy(instructions, filter, length);
	program.len = (unsigned short)(length / sizeof(struct sock_filter));
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0)
		fail_errno(errno, "install the seccomp filter");
}
