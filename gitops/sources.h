// Where the manifests of applications come from, as the controller sees it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "gitops/git_objects.h"
#include "gitops/render.h"
#include "gitops/source_tree.h"
#include "kube/result.h"
#include "kube/time.h"

namespace sluice::gitops {

namespace net = boost::asio;

// A directory of a commit as it was rendered, and the id of what it was rendered from.
struct LoadedSource {
  SourceId id;
  std::shared_ptr<const Rendered> rendered;
  std::vector<std::string> warnings;  // symbolic links that lead nowhere
};

// Repositories by URL. Calls of several applications may run at once; they share what they learn.
class Sources {
 public:
  virtual ~Sources() = default;

  // The commit that a revision means now; `tag_prefix` is that of versions of one project among many. An answer of the
  // remote that is at most `max_age` old is good enough. Fault::unavailable or timeout when the remote cannot be asked,
  // Fault::not_found when it has no such revision or is no repository, Fault::invalid or forbidden when the URL may not
  // be used.
  virtual net::awaitable<kube::Result<std::string>> resolve(std::string url, std::string revision,
                                                            std::string tag_prefix, kube::Duration max_age) = 0;

  // The id of a path at a commit, to be compared with `known`. Fetches the commit when it is not there yet.
  virtual net::awaitable<kube::Result<SourceId>> id_of(std::string url, std::string commit, std::string path,
                                                       SourceId known) = 0;

  // What the directory at the path holds, parsed. Takes as long as it takes, away from the caller's thread.
  virtual net::awaitable<kube::Result<LoadedSource>> load(std::string url, std::string commit, std::string path,
                                                          DirectorySource directory) = 0;

  // Who wrote a commit that was fetched before, and its first line.
  virtual net::awaitable<kube::Result<CommitSummary>> summarize(std::string url, std::string commit) = 0;
};

}  // namespace sluice::gitops
