// Sources in Git: a bare mirror per repository on disk, kept by the git program, read with libgit2.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "gitops/repository_url.h"
#include "gitops/sources.h"
#include "gitops/turnstile.h"
#include "kube/clock.h"
#include "kube/log.h"

namespace sluice::gitops {

struct MirrorOptions {
  std::filesystem::path folder;  // where the mirrors live; made when it is missing
  RepositoryAccess access;
  SourceLimits limits;
  kube::Duration ask_deadline = kube::seconds{30};     // of one git ls-remote
  kube::Duration fetch_deadline = kube::seconds{300};  // of one git fetch
  std::size_t pack_bytes = std::size_t{1} << 30;       // largest file that a fetch may write
  int fetches_at_once = 4;
};

// The git program runs without this program's environment, so without the cluster's credentials. A mirror holds only
// the commits that were asked for, without their history. Clock, pool and log outlive it.
class GitMirrors final : public Sources {
 public:
  GitMirrors(MirrorOptions options, kube::Clock& clock, net::thread_pool& pool, const kube::Log& log);
  ~GitMirrors() override;

  net::awaitable<kube::Result<std::string>> resolve(std::string url, std::string revision, std::string tag_prefix,
                                                    kube::Duration max_age) override;
  net::awaitable<kube::Result<SourceId>> id_of(std::string url, std::string commit, std::string path,
                                               SourceId known) override;
  net::awaitable<kube::Result<LoadedSource>> load(std::string url, std::string commit, std::string path,
                                                  DirectorySource directory) override;
  net::awaitable<kube::Result<CommitSummary>> summarize(std::string url, std::string commit) override;

  // All wanted files below the path, with the id of what was read.
  net::awaitable<kube::Result<SourceTree>> read(std::string url, std::string commit, std::string path,
                                                SourceFilter filter);

  // How often git was asked for refs, and how often it fetched.
  std::size_t asked() const { return asked_; }
  std::size_t fetched() const { return fetched_; }

 private:
  struct Repository;

  kube::Result<Repository*> repository(const std::string& url);
  net::awaitable<kube::Result<>> refresh_refs(Repository& repository, kube::Duration max_age);
  net::awaitable<kube::Result<>> ensure_commit(Repository& repository, std::string commit);
  net::awaitable<kube::Result<>> fetch(Repository& repository, std::string commit);
  net::awaitable<kube::Result<std::string>> git(std::vector<std::string> arguments, kube::Duration deadline,
                                                std::string url);
  kube::Result<> prepare_folder();

  MirrorOptions options_;
  kube::Clock& clock_;
  net::thread_pool& pool_;
  const kube::Log& log_;
  Turnstile fetching_;
  std::map<std::string, std::unique_ptr<Repository>> repositories_;  // by mirror_name
  bool prepared_ = false;
  std::size_t asked_ = 0;
  std::size_t fetched_ = 0;
};

// What a failed git says, as an error that names the repository and what to do. Its words are for a person, so only
// known ones are told apart.
kube::Error git_error(int exit_code, const std::string& errors, const std::string& url);

}  // namespace sluice::gitops
