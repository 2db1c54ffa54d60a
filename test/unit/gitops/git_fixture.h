// A bare repository in a folder of its own, filled without a work tree.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

namespace sluice::gitops::test {

// Removed with everything in it when the test ends.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-git-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class GitRepository {
 public:
  explicit GitRepository(const std::filesystem::path& folder) : folder_(folder) {
    run("git init --quiet --bare --initial-branch=main '" + folder_.string() + "'");
  }

  std::string url() const { return "file://" + folder_.string(); }

  // A commit whose tree holds exactly these files; a text that starts with "-> " is a symbolic link.
  std::string commit(const std::map<std::string, std::string>& files, const std::string& branch = "main") {
    const std::filesystem::path index = folder_ / "test-index";
    std::filesystem::remove(index);
    for (const auto& [path, text] : files) {
      const bool link = text.starts_with("-> ");
      std::ofstream(folder_ / "test-blob") << (link ? text.substr(3) : text);
      const std::string blob = git("hash-object -w '" + (folder_ / "test-blob").string() + "'");
      git("update-index --add --cacheinfo " + std::string(link ? "120000" : "100644") + "," + blob + ",'" + path + "'");
    }
    const std::string tree = git("write-tree");
    const std::string commit = git("commit-tree -m 'Change the manifests' " + tree);
    git("update-ref refs/heads/" + branch + " " + commit);
    return commit;
  }

  std::string git(const std::string& arguments) {
    return run("GIT_INDEX_FILE='" + (folder_ / "test-index").string() +
               "' GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.com GIT_COMMITTER_NAME=Ada "
               "GIT_COMMITTER_EMAIL=ada@example.com git --git-dir='" +
               folder_.string() + "' " + arguments);
  }

 private:
  static std::string run(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    if (!pipe) throw std::runtime_error("cannot run " + command);
    std::string output;
    char buffer[4096];
    while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, got);
    if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
    while (output.ends_with('\n')) output.pop_back();
    return output;
  }

  std::filesystem::path folder_;
};

}  // namespace sluice::gitops::test
