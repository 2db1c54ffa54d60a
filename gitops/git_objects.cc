// libgit2 behind plain functions; nothing of it leaves this file.
#include "gitops/git_objects.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <git2.h>

namespace sluice::gitops {
namespace {

using kube::Error;
using kube::Fault;
using kube::Result;

constexpr int most_hops = 16;  // symbolic links followed for one file

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Repository = std::unique_ptr<git_repository, Freed<git_repository, git_repository_free>>;
using Commit = std::unique_ptr<git_commit, Freed<git_commit, git_commit_free>>;
using Tree = std::unique_ptr<git_tree, Freed<git_tree, git_tree_free>>;
using Entry = std::unique_ptr<git_tree_entry, Freed<git_tree_entry, git_tree_entry_free>>;
using Blob = std::unique_ptr<git_blob, Freed<git_blob, git_blob_free>>;

// The library counts its users, so one start for the whole program is enough.
void start_library() {
  static const int started = [] {
    const int count = git_libgit2_init();
    git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, std::size_t{2'000'000});
    return count;
  }();
  static_cast<void>(started);
}

// Errors of the library are kept per thread and must be read at once.
Error library_error(Fault fault, std::string_view what) {
  const git_error* error = git_error_last();
  return Error{fault, fmt::format("{}: {}", what, error && error->message ? error->message : "unknown Git error")};
}

std::string id_text(const git_oid* id) {
  std::string text(GIT_OID_HEXSZ, '\0');
  git_oid_fmt(text.data(), id);
  return text;
}

struct Opened {
  Repository repository;
  Commit commit;
  Tree root;
};

Result<Opened> open(const std::string& mirror, const std::string& commit) {
  start_library();
  Opened opened;
  git_repository* repository = nullptr;
  if (git_repository_open_ext(&repository, mirror.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE,
                              nullptr) < 0)
    return library_error(Fault::unavailable, "the mirror of the repository cannot be opened");
  opened.repository.reset(repository);
  git_oid id;
  if (commit.size() != GIT_OID_HEXSZ || git_oid_fromstr(&id, commit.c_str()) < 0)
    return Error{Fault::invalid, fmt::format("\"{}\" is not a commit id", commit)};
  git_commit* found = nullptr;
  if (git_commit_lookup(&found, repository, &id) < 0)
    return library_error(Fault::not_found, fmt::format("commit {} is not in the repository", commit));
  opened.commit.reset(found);
  git_tree* root = nullptr;
  if (git_commit_tree(&root, found) < 0) return library_error(Fault::unavailable, "the commit's tree cannot be read");
  opened.root.reset(root);
  return opened;
}

// The entry at a path from the root; nullptr when there is none.
Entry entry_at(const git_tree* root, const std::string& path) {
  git_tree_entry* entry = nullptr;
  if (git_tree_entry_bypath(&entry, root, path.c_str()) < 0) return nullptr;
  return Entry(entry);
}

Result<Tree> directory_at(const Opened& opened, const std::string& path) {
  git_tree* tree = nullptr;
  if (path.empty()) {
    if (git_tree_dup(&tree, opened.root.get()) < 0) return library_error(Fault::internal, "tree");
    return Tree(tree);
  }
  const Entry entry = entry_at(opened.root.get(), path);
  if (!entry) return Error{Fault::not_found, fmt::format("path \"{}\" does not exist in the repository", path)};
  if (git_tree_entry_type(entry.get()) != GIT_OBJECT_TREE)
    return Error{Fault::not_found, fmt::format("path \"{}\" is not a directory of the repository", path)};
  if (git_tree_lookup(&tree, opened.repository.get(), git_tree_entry_id(entry.get())) < 0)
    return library_error(Fault::unavailable, fmt::format("path \"{}\" cannot be read", path));
  return Tree(tree);
}

bool is_allowed_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name == "." || name == ".." || name.find('/') != std::string_view::npos)
    return false;
  std::string small(name);
  std::ranges::transform(small, small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (small == ".git" || small == "git~1") return false;
  return std::ranges::none_of(name, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

// `target` as seen from the directory `from`, both from the root; nullopt when it leaves the repository.
std::optional<std::string> resolved(const std::string& from, std::string_view target) {
  if (target.starts_with('/') || target.empty()) return std::nullopt;
  std::vector<std::string> parts;
  const auto walk = [&parts](std::string_view path) {
    while (!path.empty()) {
      const std::string_view part = path.substr(0, path.find('/'));
      path.remove_prefix(std::min(path.size(), part.size() + 1));
      if (part.empty() || part == ".") continue;
      if (part != "..") {
        parts.emplace_back(part);
      } else if (parts.empty()) {
        return false;
      } else {
        parts.pop_back();
      }
    }
    return true;
  };
  if (!walk(from) || !walk(target)) return std::nullopt;
  return fmt::format("{}", fmt::join(parts, "/"));
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string join(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}

class Reader {
 public:
  Reader(const Opened& opened, std::string base, const SourceFilter& filter, SourceLimits limits)
      : opened_(opened), base_(std::move(base)), filter_(filter), limits_(limits) {}

  Result<> walk(const git_tree* tree, const std::string& inside, int depth) {
    if (depth > limits_.depth) return refused(inside, fmt::format("is more than {} folders deep", limits_.depth));
    const std::size_t count = git_tree_entrycount(tree);
    for (std::size_t at = 0; at < count; ++at) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree, at);
      const std::string_view name = git_tree_entry_name(entry);
      if (!is_allowed_name(name)) return refused(inside, "holds a name that is not allowed");
      const Result<> done = visit(entry, join(inside, name), depth);
      if (!done) return done;
    }
    return {};
  }

  SourceTree take() {
    std::ranges::sort(tree_.files, {}, &SourceFile::path);
    std::ranges::sort(tree_.id.linked);
    return std::move(tree_);
  }

 private:
  static Error refused(const std::string& path, std::string_view why) {
    return Error{Fault::invalid, fmt::format("{}: {}", path.empty() ? "." : path, why)};
  }

  Result<> visit(const git_tree_entry* entry, const std::string& path, int depth) {
    switch (git_tree_entry_filemode(entry)) {
      case GIT_FILEMODE_TREE: {
        if (!filter_.recurse) return {};
        git_tree* tree = nullptr;
        if (git_tree_lookup(&tree, opened_.repository.get(), git_tree_entry_id(entry)) < 0)
          return library_error(Fault::unavailable, path);
        const Tree owned(tree);
        return walk(tree, path, depth + 1);
      }
      case GIT_FILEMODE_LINK:
        return follow(entry, path);
      case GIT_FILEMODE_BLOB:
      case GIT_FILEMODE_BLOB_EXECUTABLE:
        return filter_.wanted(path) ? read(git_tree_entry_id(entry), path) : Result<>();
      default:
        return {};  // a submodule is a repository of its own
    }
  }

  // A link to a file of the repository is read as that file; a link to a folder is not entered.
  Result<> follow(const git_tree_entry* link, const std::string& path) {
    std::string at = join(base_, path);
    Entry target;
    const git_tree_entry* entry = link;
    for (int hop = 0; git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK; ++hop) {
      if (hop == most_hops) return refused(path, "symlink does not end");
      const Result<std::string> text = blob_text(git_tree_entry_id(entry), path);
      if (!text) return text.error();
      const std::optional<std::string> next = resolved(folder_of(at), *text);
      if (!next) return refused(path, "symlink leaves the repository");
      at = *next;
      target = entry_at(opened_.root.get(), at);
      // Every stop counts, a missing one too: the content changes when any of them does.
      tree_.id.linked.emplace_back(at, target ? id_text(git_tree_entry_id(target.get())) : std::string());
      if (!target) {
        tree_.warnings.push_back(fmt::format("{}: symlink leads to nothing and is skipped", path));
        return {};
      }
      entry = target.get();
    }
    if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB || !filter_.wanted(path)) return {};
    return read(git_tree_entry_id(entry), path);
  }

  Result<std::string> blob_text(const git_oid* id, const std::string& path) {
    git_blob* blob = nullptr;
    if (git_blob_lookup(&blob, opened_.repository.get(), id) < 0) return library_error(Fault::unavailable, path);
    const Blob owned(blob);
    return std::string(static_cast<const char*>(git_blob_rawcontent(blob)),
                       static_cast<std::size_t>(git_blob_rawsize(blob)));
  }

  Result<> read(const git_oid* id, const std::string& path) {
    // The size is asked before the content is unpacked, so that a huge file costs nothing.
    git_odb* store = nullptr;
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_repository_odb(&store, opened_.repository.get()) < 0) return library_error(Fault::unavailable, path);
    const int known = git_odb_read_header(&size, &type, store, id);
    git_odb_free(store);
    if (known < 0) return library_error(Fault::unavailable, path);
    bytes_ += size;
    if (bytes_ > limits_.total_bytes)
      return refused(path, fmt::format("the manifests of the path are larger than {} bytes", limits_.total_bytes));
    if (tree_.files.size() == limits_.files)
      return refused(path, fmt::format("the path holds more than {} manifests", limits_.files));
    Result<std::string> text = blob_text(id, path);
    if (!text) return text.error();
    tree_.files.push_back({path, std::move(*text)});
    return {};
  }

  const Opened& opened_;
  std::string base_;
  const SourceFilter& filter_;
  SourceLimits limits_;
  SourceTree tree_;
  std::size_t bytes_ = 0;
};

}  // namespace

kube::Result<std::string> check_source_path(const std::string& path) {
  if (path.starts_with('/')) return Error{Fault::invalid, "path: must be relative to the root of the repository"};
  if (path.size() > 4096) return Error{Fault::invalid, "path: is longer than 4096 characters"};
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < path.size();) {
    const std::string part = path.substr(at, path.find('/', at) - at);
    at += part.size() + 1;
    if (part.empty() || part == ".") continue;
    if (part == "..") return Error{Fault::invalid, "path: must not contain \"..\""};
    if (!is_allowed_name(part)) return Error{Fault::invalid, fmt::format("path: \"{}\" is not allowed", part)};
    parts.push_back(part);
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

bool has_commit(const std::string& mirror, const std::string& commit) { return open(mirror, commit).has_value(); }

Result<SourceId> source_id(const std::string& mirror, const std::string& commit, const std::string& path,
                           const SourceId& known) {
  const Result<Opened> opened = open(mirror, commit);
  if (!opened) return opened.error();
  const Result<Tree> directory = directory_at(*opened, path);
  if (!directory) return directory.error();
  SourceId id{.tree = id_text(git_tree_id(directory->get()))};
  for (const auto& [linked, blob] : known.linked) {
    const Entry entry = entry_at(opened->root.get(), linked);
    id.linked.emplace_back(linked, entry ? id_text(git_tree_entry_id(entry.get())) : std::string());
  }
  return id;
}

Result<SourceTree> read_source(const std::string& mirror, const std::string& commit, const std::string& path,
                               const SourceFilter& filter, SourceLimits limits) {
  const Result<Opened> opened = open(mirror, commit);
  if (!opened) return opened.error();
  const Result<Tree> directory = directory_at(*opened, path);
  if (!directory) return directory.error();
  Reader reader(*opened, path, filter, limits);
  const Result<> walked = reader.walk(directory->get(), "", 0);
  if (!walked) return walked.error();
  SourceTree tree = reader.take();
  tree.id.tree = id_text(git_tree_id(directory->get()));
  return tree;
}

Result<CommitSummary> summarize_commit(const std::string& mirror, const std::string& commit) {
  const Result<Opened> opened = open(mirror, commit);
  if (!opened) return opened.error();
  const git_signature* author = git_commit_author(opened->commit.get());
  const char* subject = git_commit_summary(opened->commit.get());
  return CommitSummary{.author = author ? fmt::format("{} <{}>", author->name, author->email) : std::string(),
                       .subject = subject ? subject : ""};
}

}  // namespace sluice::gitops
