// Asking remotes and fetching commits with child processes; reading on the pool.
#include "gitops/git_mirrors.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "gitops/git_objects.h"
#include "gitops/revision.h"
#include "kube/offload.h"
#include "kube/subprocess.h"

namespace sluice::gitops {

using kube::Duration;
using kube::Error;
using kube::Fault;
using kube::Result;

struct GitMirrors::Repository {
  Repository(std::string its_url, std::filesystem::path its_folder)
      : url(std::move(its_url)), folder(std::move(its_folder)) {}

  std::string url;
  std::filesystem::path folder;
  Turnstile turn{1};  // one git at a time works on a mirror
  RemoteRefs refs;
  std::optional<kube::Time> refs_at;
  std::set<std::string> commits;  // known to be in the mirror
  bool unlocked = false;          // locks of an earlier process are gone
};

namespace {

// Settings of every git that is started here. Nothing of the user's or the machine's configuration is read.
constexpr std::string_view configuration = R"(# Written by Sluice.
[core]
	hooksPath = /dev/null
	askPass = /bin/false
[http]
	followRedirects = false
	lowSpeedLimit = 1024
	lowSpeedTime = 30
[fetch]
	recurseSubmodules = false
[gc]
	autoDetach = false
[maintenance]
	autoDetach = false
[safe]
	directory = *
)";

std::string allowed_protocols(RepositoryAccess access) {
  std::string protocols = "https:ssh";
  if (access.local) protocols += ":file";
  if (access.plain_http) protocols += ":http";
  return protocols;
}

// The last line that says what went wrong, shortened.
std::string last_words(const std::string& errors) {
  std::string_view text = errors;
  std::string_view best;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with("fatal:") || line.starts_with("error:") || best.empty()) best = line;
    if (line.starts_with("fatal:")) break;
  }
  return std::string(best.substr(0, 300));
}

// A process that was killed while git worked on the mirror leaves locks that nobody would ever open.
void remove_locks(const std::filesystem::path& mirror) {
  std::error_code ignored;
  for (const char* name : {"shallow.lock", "packed-refs.lock", "config.lock", "HEAD.lock"})
    std::filesystem::remove(mirror / name, ignored);
}

bool says_any(const std::string& errors, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return errors.find(word) != std::string::npos; });
}

}  // namespace

Error git_error(int exit_code, const std::string& errors, const std::string& url) {
  const std::string words = last_words(errors);
  if (says_any(errors, {"Could not resolve host", "Connection timed out", "Connection refused", "unable to access",
                        "Failed to connect", "Connection reset", "early EOF", "timed out", "Network is unreachable"}) &&
      !says_any(errors, {"error: 401", "error: 403", "error: 404", "certificate"}))
    return Error{Fault::unavailable, fmt::format("repository {} cannot be reached: {}", url, words)};
  if (says_any(errors, {"could not read Username", "Authentication failed", "Permission denied", "error: 401",
                        "error: 403", "terminal prompts disabled"}))
    return Error{Fault::forbidden, fmt::format("repository {} does not exist or wants credentials: {}", url, words)};
  if (says_any(errors, {"Host key verification failed", "certificate"}))
    return Error{Fault::forbidden, fmt::format("repository {} cannot prove who it is: {}", url, words)};
  if (says_any(errors, {"does not appear to be a git repository", "not found", "does not exist", "error: 404"}))
    return Error{Fault::not_found, fmt::format("there is no repository at {}: {}", url, words)};
  if (says_any(errors, {"File size limit", "file size limit", "File too large"}) || exit_code == 128 + 25)
    return Error{Fault::invalid, fmt::format("repository {} is larger than this installation allows", url)};
  return Error{Fault::unavailable,
               fmt::format("git failed for repository {} (exit code {}): {}", url, exit_code, words)};
}

GitMirrors::GitMirrors(MirrorOptions options, kube::Clock& clock, net::thread_pool& pool, const kube::Log& log)
    : options_(std::move(options)), clock_(clock), pool_(pool), log_(log), fetching_(options_.fetches_at_once) {}

GitMirrors::~GitMirrors() = default;

Result<> GitMirrors::prepare_folder() {
  if (prepared_) return {};
  std::error_code failed;
  std::filesystem::create_directories(options_.folder / "home", failed);
  if (!failed) std::filesystem::permissions(options_.folder, std::filesystem::perms::owner_all, failed);
  if (failed)
    return Error{Fault::internal, fmt::format("the folder for Git mirrors cannot be made: {}", failed.message())};
  std::ofstream file(options_.folder / "gitconfig", std::ios::trunc);
  file << configuration;
  file.close();
  if (!file) return Error{Fault::internal, "the folder for Git mirrors cannot be written"};
  prepared_ = true;
  return {};
}

Result<GitMirrors::Repository*> GitMirrors::repository(const std::string& url) {
  const Result<std::string> checked = check_repository_url(url, options_.access);
  if (!checked) return checked.error();
  const Result<> prepared = prepare_folder();
  if (!prepared) return prepared.error();
  const std::string name = mirror_name(*checked);
  std::unique_ptr<Repository>& found = repositories_[name];
  if (!found) found = std::make_unique<Repository>(*checked, options_.folder / name);
  return found.get();
}

net::awaitable<Result<std::string>> GitMirrors::git(std::vector<std::string> arguments, Duration deadline,
                                                    std::string url) {
  kube::Command command;
  // The shell only sets the limit for files and becomes git; the arguments never pass through its parser.
  command.arguments = {"/bin/sh", "-c", fmt::format("ulimit -f {} && exec git \"$@\"", options_.pack_bytes / 512),
                       "git"};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  const std::string home = (options_.folder / "home").string();
  command.environment = {
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
      {"HOME", home},
      {"LANG", "C.UTF-8"},
      {"GIT_CONFIG_NOSYSTEM", "1"},
      {"GIT_CONFIG_GLOBAL", (options_.folder / "gitconfig").string()},
      {"GIT_TERMINAL_PROMPT", "0"},
      {"GIT_ALLOW_PROTOCOL", allowed_protocols(options_.access)},
      {"GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=10"},
  };
  command.deadline = deadline;
  command.output_limit = std::size_t{32} << 20;
  const Result<kube::CommandOutcome> outcome = co_await kube::run_command(std::move(command));
  if (!outcome) {
    if (outcome.error().fault != Fault::timeout) co_return outcome.error();
    co_return Error{Fault::timeout,
                    fmt::format("repository {} did not answer within {}", url, kube::format_duration(deadline))};
  }
  if (outcome->exit_code != 0) co_return git_error(outcome->exit_code, outcome->errors, url);
  if (outcome->output_cut)
    co_return Error{Fault::invalid, fmt::format("repository {} has too many refs (more than 32 MiB of them)", url)};
  co_return outcome->output;
}

net::awaitable<Result<>> GitMirrors::refresh_refs(Repository& repository, Duration max_age) {
  const Turnstile::Pass pass = co_await repository.turn.enter();
  // Whoever waited at the turnstile finds the answer that the one before it got.
  if (repository.refs_at && clock_.now() - *repository.refs_at <= max_age) co_return Result<>();
  ++asked_;
  std::vector<std::string> arguments{"ls-remote", "--symref", "--", repository.url};
  const Result<std::string> output = co_await git(std::move(arguments), options_.ask_deadline, repository.url);
  if (!output) co_return output.error();
  repository.refs = parse_ls_remote(*output);
  repository.refs_at = clock_.now();
  co_return Result<>();
}

net::awaitable<Result<std::string>> GitMirrors::resolve(std::string url, std::string revision, std::string tag_prefix,
                                                        Duration max_age) {
  const Result<Repository*> found = repository(url);
  if (!found) co_return found.error();
  if (is_commit_id(revision)) co_return revision;
  const Result<> refreshed = co_await refresh_refs(**found, max_age);
  if (!refreshed) co_return refreshed.error();
  Result<std::string> commit = resolve_revision((*found)->refs, revision, tag_prefix);
  if (!commit) co_return Error{commit.error().fault, fmt::format("{} ({})", commit.error().message, url)};
  co_return commit;
}

net::awaitable<Result<>> GitMirrors::fetch(Repository& repository, std::string commit) {
  const std::string folder = repository.folder.string();
  if (!std::exchange(repository.unlocked, true)) remove_locks(repository.folder);
  if (!std::filesystem::exists(repository.folder / "HEAD")) {
    std::vector<std::string> init{"init", "--quiet", "--bare", "--template=", "--", folder};
    const Result<std::string> made = co_await git(std::move(init), kube::seconds{30}, repository.url);
    if (!made) co_return made.error();
  }
  const Turnstile::Pass pass = co_await fetching_.enter();
  ++fetched_;
  // A ref of its own keeps the commit from being collected while any application may still be asked to go back to it.
  std::vector<std::string> arguments{"--git-dir=" + folder,
                                     "fetch",
                                     "--quiet",
                                     "--depth=1",
                                     "--no-tags",
                                     "--force",
                                     "--no-write-fetch-head",
                                     "--",
                                     repository.url,
                                     commit + ":refs/sluice/" + commit};
  const Result<std::string> fetched = co_await git(std::move(arguments), options_.fetch_deadline, repository.url);
  if (!fetched) {
    const bool unknown = fetched.error().message.find("not our ref") != std::string::npos;
    if (!unknown) co_return fetched.error();
    co_return Error{Fault::not_found, fmt::format("repository {} has no commit {}", repository.url, commit)};
  }
  co_return Result<>();
}

net::awaitable<Result<>> GitMirrors::ensure_commit(Repository& repository, std::string commit) {
  if (repository.commits.contains(commit)) co_return Result<>();
  const Turnstile::Pass pass = co_await repository.turn.enter();
  if (repository.commits.contains(commit)) co_return Result<>();
  const std::string folder = repository.folder.string();
  auto look = [folder, commit] { return has_commit(folder, commit); };
  const bool there = co_await kube::offload(pool_, look);
  if (!there) {
    const Result<> fetched = co_await fetch(repository, commit);
    if (!fetched) co_return fetched.error();
    log_.debug("fetched a commit", {{"repository", repository.url}, {"commit", commit}});
  }
  repository.commits.insert(commit);
  co_return Result<>();
}

net::awaitable<Result<SourceId>> GitMirrors::id_of(std::string url, std::string commit, std::string path,
                                                   SourceId known) {
  const Result<Repository*> found = repository(url);
  if (!found) co_return found.error();
  const Result<> there = co_await ensure_commit(**found, commit);
  if (!there) co_return there.error();
  const std::string folder = (*found)->folder.string();
  auto look = [&] { return source_id(folder, commit, path, known); };
  Result<SourceId> id = co_await kube::offload(pool_, look);
  if (!id && id.error().fault == Fault::unavailable) (*found)->commits.erase(commit);  // look at the disk again
  co_return id;
}

net::awaitable<Result<SourceTree>> GitMirrors::read(std::string url, std::string commit, std::string path,
                                                    SourceFilter filter) {
  const Result<Repository*> found = repository(url);
  if (!found) co_return found.error();
  const Result<> there = co_await ensure_commit(**found, commit);
  if (!there) co_return there.error();
  const std::string folder = (*found)->folder.string();
  auto look = [&] { return read_source(folder, commit, path, filter, options_.limits); };
  Result<SourceTree> tree = co_await kube::offload(pool_, look);
  if (!tree && tree.error().fault == Fault::unavailable) (*found)->commits.erase(commit);
  co_return tree;
}

net::awaitable<Result<LoadedSource>> GitMirrors::load(std::string url, std::string commit, std::string path,
                                                      DirectorySource directory) {
  SourceFilter filter = filter_of(directory);
  Result<SourceTree> tree = co_await read(std::move(url), std::move(commit), std::move(path), std::move(filter));
  if (!tree) co_return tree.error();
  auto parse = [&tree] { return std::make_shared<const Rendered>(render(tree->files)); };
  LoadedSource loaded;
  loaded.rendered = co_await kube::offload(pool_, parse);
  loaded.id = std::move(tree->id);
  loaded.warnings = std::move(tree->warnings);
  co_return loaded;
}

net::awaitable<Result<CommitSummary>> GitMirrors::summarize(std::string url, std::string commit) {
  const Result<Repository*> found = repository(url);
  if (!found) co_return found.error();
  const std::string folder = (*found)->folder.string();
  auto look = [&] { return summarize_commit(folder, commit); };
  co_return co_await kube::offload(pool_, look);
}

}  // namespace sluice::gitops
