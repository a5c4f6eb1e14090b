/*
 * `user[:group]` as Docker takes it, looked up in the container's own /etc/passwd and /etc/group. It runs with the
 * container's root as "/". The files come from the image: bounded, regular, never waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "protocol.h"

#define DATABASE_LIMIT (8 << 20)
#define FIELDS 7

/* The whole file with a NUL behind it, or NULL: a missing file has no entries. */
static char *read_database(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	size_t length = 0;
	char *text;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > DATABASE_LIMIT)
		return NULL;
	text = malloc((size_t)status.st_size + 1);
	while (text && length < (size_t)status.st_size) {
		ssize_t n = read(fd, text + length, (size_t)status.st_size - length);

		if (n <= 0)
			break;
		length += (size_t)n;
	}
	if (text)
		text[length] = 0;
	return text;
}

/* Splits the next line at colons, in place; false at the end. Missing fields are "". */
static bool next_entry(char **at, char *fields[FIELDS])
{
	char *line = strsep(at, "\n");
	int i;

	if (!line)
		return false;
	for (i = 0; i < FIELDS; i++) {
		char *field = strsep(&line, ":");

		fields[i] = field ? field : (char *)(uintptr_t)"";
	}
	return true;
}

static bool is_number(const char *text, uint32_t *value)
{
	char *end;
	unsigned long long number;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (*end != 0)
		return false;
	if (errno || number > INT32_MAX)
		fail(EXIT_SETUP, ERANGE, "uids and gids must be in range 0-2147483647");
	*value = (uint32_t)number;
	return true;
}

static void add_supplementary(uint32_t gid)
{
	struct identity *identity = &child.identity;
	size_t i;

	for (i = 0; i < identity->group_count; i++) {
		if (identity->groups[i] == gid)
			return;
	}
	if (i == sizeof(identity->groups) / sizeof(identity->groups[0])) {
		warn("too many supplementary groups; group %u is left out", gid);
		return;
	}
	identity->groups[identity->group_count++] = gid;
}

/* Fills in the identity from passwd; returns the user's name when there is an entry (freed never: exec follows). */
static const char *find_user(const char *user)
{
	char *text = read_database("/etc/passwd"), *at = text, *fields[FIELDS];
	uint32_t wanted = 0, uid, gid;
	bool numeric = user[0] == 0 || is_number(user, &wanted);

	while (at && next_entry(&at, fields)) {
		if (fields[0][0] == 0 || !is_number(fields[2], &uid) || !is_number(fields[3], &gid))
			continue;
		if (numeric ? uid != wanted : strcmp(fields[0], user) != 0)
			continue;
		child.identity.uid = uid;
		child.identity.gid = gid;
		snprintf(child.identity.home, sizeof(child.identity.home), "%s", fields[5]);
		return fields[0];
	}
	free(text);
	if (!numeric)
		fail(EXIT_SETUP, 0, "unable to find user %s: no matching entries in passwd file", user);
	child.identity.uid = wanted;
	return NULL;
}

/* The gid of a group by name or number, -1 when the name is unknown. */
static int64_t find_group(const char *group)
{
	char *text, *at, *fields[FIELDS];
	uint32_t gid;
	int64_t found = -1;

	if (is_number(group, &gid))
		return gid;
	at = text = read_database("/etc/group");
	while (at && found < 0 && next_entry(&at, fields)) {
		if (strcmp(fields[0], group) == 0 && is_number(fields[2], &gid))
			found = gid;
	}
	free(text);
	return found;
}

static void add_groups_of(const char *user)
{
	char *text = read_database("/etc/group"), *at = text, *fields[FIELDS];
	uint32_t gid;

	while (at && next_entry(&at, fields)) {
		char *members = fields[3], *member;

		if (!is_number(fields[2], &gid))
			continue;
		while ((member = strsep(&members, ",")) != NULL) {
			if (strcmp(member, user) == 0)
				add_supplementary(gid);
		}
	}
	free(text);
}

void add_group(const char *name)
{
	int64_t gid = find_group(name);

	if (gid < 0)
		fail(EXIT_SETUP, 0, "unable to find group %s: no matching entries in group file", name);
	add_supplementary((uint32_t)gid);
}

/* Docker's rules: a group named explicitly replaces all others; without one the user's own groups are added. */
void resolve_user(const char *spec)
{
	char user[256], *group;
	const char *name;
	int64_t gid;

	if (snprintf(user, sizeof(user), "%s", spec) >= (int)sizeof(user))
		fail(EXIT_SETUP, EINVAL, "user \"%.32s…\" is too long", spec);
	group = strchr(user, ':');
	if (group)
		*group++ = 0;
	name = find_user(user);
	if (group && group[0]) {
		gid = find_group(group);
		if (gid < 0)
			fail(EXIT_SETUP, 0, "unable to find group %s: no matching entries in group file", group);
		child.identity.gid = (uint32_t)gid;
	} else if (name) {
		add_groups_of(name);
	}
	add_supplementary(child.identity.gid);
}
