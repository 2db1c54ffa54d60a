// Words are texts that share memory.
#include "crds/word.h"

#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_CASE(equal_words_share_memory) {
  const Word left("Progressing");
  const Word right(std::string("Progressing"));
  BOOST_TEST(left == right);
  BOOST_TEST(static_cast<const void*>(left.view().data()) == static_cast<const void*>(right.view().data()));
  BOOST_TEST(left != Word("Healthy"));
  BOOST_TEST(left == "Progressing");
}

BOOST_AUTO_TEST_CASE(no_text_is_the_empty_word) {
  BOOST_TEST(Word().empty());
  BOOST_TEST(Word("").empty());
  BOOST_TEST(Word() == "");
  BOOST_TEST(!Word("x").empty());
}

BOOST_AUTO_TEST_CASE(copies_outlive_what_they_were_copied_from) {
  Word kept;
  {
    Word made("a text that nothing else uses");
    kept = made;
    made = "another";
    Word moved = std::move(made);
    BOOST_TEST(moved == "another");
  }
  for (int number = 0; number < 1000; ++number) Word(std::to_string(number));  // old entries are swept away meanwhile
  BOOST_TEST(kept == "a text that nothing else uses");
}

BOOST_AUTO_TEST_CASE(words_may_outlive_their_thread) {
  std::vector<Word> words;
  std::thread([&] {
    for (int number = 0; number < 200; ++number) words.emplace_back("word " + std::to_string(number));
  }).join();
  BOOST_TEST(words[7] == "word 7");
  BOOST_TEST(words[7] == Word("word 7"));
}

}  // namespace
}  // namespace sluice::crds
