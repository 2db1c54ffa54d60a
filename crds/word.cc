// The table of words in use.
#include "crds/word.h"

#include <functional>

#include "crds/intern.h"

namespace sluice::crds {

Word::Word(std::string_view text) {
  if (text.empty()) return;
  thread_local InternTable<std::string> words;
  text_ = words.intern(
      std::hash<std::string_view>{}(text), [&](const std::string& kept) { return kept == text; },
      [&] { return std::make_shared<const std::string>(text); });
}

}  // namespace sluice::crds
